using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Ling 1: scores scaled by the size that turns, experts and shared ones in all layers. (Ling Team, 2025)</summary>
internal static class BailingMoe
{
    public static Architecture Family { get; } = new("bailingmoe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        int shared = r.Int("expert_shared_count");
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope, Scale = 1f / MathF.Sqrt(rope.Config.Dimensions) }),
            layer => layer.WithShared(
                layer.GatedExperts(
                    layer.Routing with { Normalizes = r.Flag("expert_weights_norm"), Scale = r.Positive("expert_weights_scale") ?? 1f },
                    Activation.Silu, layer.ExpertSize()),
                Activation.Silu, r.Width(layer.ExpertSize(), shared, "expert_shared_count")));
    }
}
