using Realm.Blocks;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Gemma: embeddings times the root of their width, networks gated by GELU. (Gemma Team, 2024)</summary>
internal static class Gemma
{
    public static Architecture Family { get; } = new("gemma", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(scale: MathF.Sqrt(r.Hidden)),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.GeluTanh)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }
}
