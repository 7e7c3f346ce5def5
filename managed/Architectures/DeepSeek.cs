using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>DeepSeek MoE: fine-grained experts beside shared ones, the first layers dense. (Dai et al., 2024)</summary>
internal static class DeepSeek
{
    public static Architecture Family { get; } = new("deepseek", Build);

    /// <summary>The network that reads for DeepSeek's OCR: the file says more of its routing, and halves of a head turn.</summary>
    public static Architecture Ocr { get; } = new("deepseek2-ocr",
        r => Build(r, r.Rope(RopePairing.Halves, scaled: false), layer => layer.DescribedRouting(RouterScore.Softmax)));

    private static Network Build(ModelReader r) => Build(r, r.Rope(RopePairing.Neighbours),
        layer => layer.Routing with { Normalizes = false, Scale = r.Positive("expert_weights_scale") ?? 1f });

    private static Network Build(ModelReader r, RopeTable rope, Func<LayerReader, Routing> routing)
    {
        int dense = r.DenseLayers, shared = r.Int("expert_shared_count");
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope }),
            layer => layer.Index < dense
                ? layer.GatedFeedForward(Activation.Silu)
                : layer.WithShared(layer.GatedExperts(routing(layer), Activation.Silu, layer.ExpertSize()),
                    Activation.Silu, r.Width(layer.ExpertSize(), shared, "expert_shared_count")));
    }
}
