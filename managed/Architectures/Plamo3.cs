using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>PLaMo 3: norms before and behind each branch and of queries and keys; seven layers of eight look through a window and turn by
/// a base of their own. (Preferred Networks, 2025)</summary>
internal static class Plamo3
{
    public static Architecture Family { get; } = new("plamo3", Build);

    private static Network Build(ModelReader r)
    {
        SlidingWindow window = r.SlidingWindow(every: 8);
        RopeTable far = r.Rope(RopePairing.Halves);
        RopeTable near = r.WindowRope();
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(Facts(layer, window, near, far)), layer.RmsNorm("post_attention_norm")),
                new Residual(layer.RmsNorm("ffn_norm"), layer.FusedFeedForward(Activation.Silu), layer.RmsNorm("post_ffw_norm")),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static AttentionFacts Facts(LayerReader layer, SlidingWindow window, RopeTable near, RopeTable far) =>
        Qwen3.Facts(layer, window.Covers(layer.Index) ? near : far) with { Sees = window.Sees(layer.Index) };
}
