using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>dots.llm1: normed heads, DeepSeek's experts. (Huo et al., 2025)</summary>
internal static class Dots1
{
    public static Architecture Family { get; } = new("dots1", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        int dense = r.DenseLayers, shared = r.Int("expert_shared_count");
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope)),
            layer => layer.Index < dense
                ? layer.GatedFeedForward(Activation.Silu)
                : layer.WithShared(layer.GatedExperts(layer.DescribedRouting(), Activation.Silu, layer.ExpertSize()), Activation.Silu,
                    r.Width(layer.ExpertSize(), shared, "expert_shared_count")));
    }
}
