using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>OLMo 2 and 3: norms behind the branches, and of queries and keys over their whole widths; OLMo 3 looks through a window in
/// three layers of four, and stretches positions only in the fourth. (OLMo Team, 2024; 2025)</summary>
internal static class Olmo2
{
    public static Architecture Family { get; } = new("olmo2", Build);

    private static Network Build(ModelReader r)
    {
        SlidingWindow window = r.SlidingWindow(every: 4);
        RopeTable far = r.Rope(RopePairing.Halves), near = r.Rope(RopePairing.Halves, scaled: false);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(null, layer.Attention(Facts(layer, window, near, far)), layer.RmsNorm("post_attention_norm")),
                new Residual(null, layer.GatedFeedForward(Activation.Silu), layer.RmsNorm("post_ffw_norm")),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static AttentionFacts Facts(LayerReader layer, SlidingWindow window, RopeTable near, RopeTable far) => layer.Facts with
    {
        Rope = window.Covers(layer.Index) ? near : far,
        Sees = window.Sees(layer.Index),
        Projected = layer.WholeNorms(layer.Facts),
    };
}
