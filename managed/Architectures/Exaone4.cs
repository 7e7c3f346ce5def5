using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>EXAONE 4: norms behind the branches, and of queries and keys head by head. The 32B, told by its 64 layers, looks through a
/// window in three layers of four; the fourth does not turn. (LG AI Research, 2025)</summary>
internal static class Exaone4
{
    public static Architecture Family { get; } = new("exaone4", Build);

    private const int LayersOf32B = 64;

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, factors: r.RopeFactors);
        SlidingWindow? window = r.Layers == LayersOf32B ? r.SlidingWindow(every: 4, size: 4096) : null;
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(null, layer.Attention(Facts(layer, rope, window)), layer.RmsNorm("post_attention_norm")),
                new Residual(null, layer.GatedFeedForward(Activation.Silu), layer.RmsNorm("post_ffw_norm")),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static AttentionFacts Facts(LayerReader layer, RopeTable rope, SlidingWindow? window) => Qwen3.Facts(layer, rope) with
    {
        Rope = window?.Covers(layer.Index) == false ? null : rope,
        Sees = window?.Sees(layer.Index) ?? layer.Facts.Sees,
    };
}
