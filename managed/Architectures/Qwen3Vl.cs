using Realm.Blocks;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen 3 VL, as text goes through it: Qwen 3 with positions of several dimensions that take turns. The head may lack the
/// vocabulary's beginning. (Bai et al., 2025)</summary>
internal static class Qwen3Vl
{
    public static Architecture Family { get; } = new("qwen3vl", Build);

    private static Network Build(ModelReader r) => Network(r);

    /// <summary>Its network.</summary>
    public static Network Network(ModelReader r)
    {
        RopeTable rope = r.MultiRope(interleaved: true);
        int tokens = r.Tensors.RowCount("token_embd.weight");
        int outputs = r.Tensors.Contains("output.weight") ? Math.Min(tokens, r.Tensors.RowCount("output.weight")) : tokens;
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(Qwen3.Facts(layer, rope))),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head(outputs), mute: tokens - outputs));
    }
}
