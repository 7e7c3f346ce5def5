using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>AFMoE: gated attention with normed heads, norms before and behind each part, sigmoid experts with a shared one, the first
/// layers dense; three of four layers see a window. Every fourth layer does not turn heads. (Arcee AI, 2025)</summary>
internal static class Afmoe
{
    private const int StillEvery = 4;

    public static Architecture Family { get; } = new("afmoe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves), near = r.Rope(RopePairing.Halves, frequencyBase: r.WindowRopeBase);
        SlidingWindow window = r.SlidingWindow(4);
        int dense = r.DenseLayers;
        return r.Network(
            r.Tokens(MathF.Sqrt(r.Hidden)),
            layer =>
            [
                new Residual(
                    layer.RmsNorm("attn_norm"),
                    layer.GatedAttention(Qwen3.Facts(layer, rope) with
                    {
                        Rope = (layer.Index + 1) % StillEvery == 0 ? null : window.Covers(layer.Index) ? near : rope,
                        Sees = window.Sees(layer.Index),
                    }, perHead: false),
                    layer.RmsNorm("post_attention_norm")),
                new Residual(
                    layer.RmsNorm("ffn_norm"),
                    layer.Index < dense ? layer.GatedFeedForward(Activation.Silu) : Mixture(r, layer, layer.ExpertSize()),
                    layer.RmsNorm("post_ffw_norm")),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static Branch Mixture(ModelReader r, LayerReader layer, int size) => layer.WithShared(
        layer.GatedExperts(layer.DescribedRouting(RouterScore.Sigmoid), Activation.Silu, size),
        Activation.Silu,
        r.Width(size, r.Int("expert_shared_count"), "expert_shared_count"));
}
