using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Spark 2.5: a gate on each head's results; the file says of each layer whether it looks through a window and turns by a base
/// of its own. (iFlytek, 2026)</summary>
internal static class Spark25
{
    public static Architecture Family { get; } = new("spark2_5", Build);

    private static Network Build(ModelReader r)
    {
        SlidingWindow window = r.SlidingWindow(every: 1);
        RopeTable far = r.Rope(RopePairing.Halves), near = r.Rope(
            RopePairing.Halves, r.Int("rope.dimension_count_swa", 0), r.Number("rope.freq_base_swa", r.Number("rope.freq_base", 10000)));
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.GatedAttention(Facts(layer, window, near, far), perHead: true)),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.GeluTanh)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static AttentionFacts Facts(LayerReader layer, SlidingWindow window, RopeTable near, RopeTable far) => layer.Facts with
    {
        Rope = window.Covers(layer.Index) ? near : far,
        Sees = window.Sees(layer.Index),
    };
}
