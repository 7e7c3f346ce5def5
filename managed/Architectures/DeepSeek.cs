using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>DeepSeek MoE: fine-grained experts beside shared ones, the first layers dense. (Dai et al., 2024)</summary>
internal static class DeepSeek
{
    public static Architecture Family { get; } = new("deepseek", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        int dense = r.DenseLayers, shared = r.Int("expert_shared_count");
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope }),
            layer => layer.Index < dense
                ? layer.GatedFeedForward(Activation.Silu)
                : layer.WithShared(
                    layer.GatedExperts(
                        layer.Routing with { Normalizes = false, Scale = r.Positive("expert_weights_scale") ?? 1f },
                        Activation.Silu, layer.ExpertSize()),
                    Activation.Silu, r.Width(layer.ExpertSize(), shared, "expert_shared_count")));
    }
}
