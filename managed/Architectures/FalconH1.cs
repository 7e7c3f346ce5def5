using Realm.Blocks;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Falcon-H1: attention and a Mamba 2 mixer beside each other in every layer. (Zuo et al., 2025)</summary>
internal static class FalconH1
{
    public static Architecture Family { get; } = new("falcon-h1", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(),
            layer =>
            {
                Norm norm = layer.RmsNorm("attn_norm");
                return
                [
                    new ParallelResidual(
                        (norm, layer.Attention(layer.Facts with { Rope = rope })),
                        (norm, layer.Mamba2())),
                    new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
                ];
            },
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }
}
