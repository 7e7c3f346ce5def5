using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Kimi Linear: delta nets whose decays belong to the elements of keys, latent attention without positions in some layers, experts.
/// (Kimi Team, 2025)</summary>
internal static class KimiLinear
{
    public static Architecture Family { get; } = new("kimi-linear", Build);

    private static Network Build(ModelReader r)
    {
        int dense = r.DenseLayers, shared = Math.Max(1, r.Int("expert_shared_count", 0));
        return r.Transformer(
            layer => layer.KvHeads == 0 ? layer.KimiDelta() : layer.LatentAttention(layer.LatentShape, layer.LatentFacts(layer.LatentShape)),
            layer => layer.Index < dense
                ? layer.GatedFeedForward(Activation.Silu)
                : layer.WithShared(layer.GatedExperts(layer.DescribedRouting() with { Normalizes = true }, Activation.Silu, layer.ExpertSize()), Activation.Silu,
                    r.Width(layer.ExpertSize(), shared, "expert_shared_count")));
    }
}
