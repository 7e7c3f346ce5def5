using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen 3, dense: norms on queries and keys, head by head, before they turn. (Yang et al., 2025)</summary>
internal static class Qwen3
{
    public static Architecture Family { get; } = new("qwen3", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(Facts(layer, rope))),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()),
            summary: r.Summary(Pooling.Last, share: true));
    }

    /// <summary>Attention with normed heads.</summary>
    public static AttentionFacts Facts(LayerReader layer, RopeTable rope) => layer.Facts with
    {
        Rope = rope,
        QueryNorm = layer.HeadRmsNorm("attn_q_norm"),
        KeyNorm = layer.HeadRmsNorm("attn_k_norm"),
    };
}
