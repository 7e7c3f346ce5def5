using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>NeoBERT: an encoder of Llama's shape, gate and up matrix in one. (Le Breton et al., 2025)</summary>
internal static class NeoBert
{
    public static Architecture Family { get; } = new("neo-bert", Build);

    private static Network Build(ModelReader r)
    {
        r.ReadWholeTexts();
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                new Residual(layer.RmsNorm("ffn_norm"), layer.FusedFeedForward(Activation.Silu)),
            ],
            new Exit(r.RmsNorm("enc.output_norm"), null, width: r.Hidden));
    }
}
