using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>EuroBERT: an encoder of Llama's shape. (Boizard et al., 2025)</summary>
internal static class EuroBert
{
    public static Architecture Family { get; } = new("eurobert", r => Network(r, RopePairing.Halves, null));

    /// <summary>Llama's layers without a head, each token seeing the whole text.</summary>
    public static Network Network(ModelReader r, RopePairing pairing, RopeFactors? factors)
    {
        r.ReadWholeTexts();
        RopeTable rope = r.Rope(pairing, factors: factors);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
            ],
            new Exit(r.RmsNorm("output_norm"), null, width: r.Hidden));
    }
}
