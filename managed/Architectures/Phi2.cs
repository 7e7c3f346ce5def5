using Realm.Blocks;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Phi 1 to 2: attention beside the network, of one layer norm; part of each head turns; biases everywhere, GELU. (Javaheripi et
/// al., 2023)</summary>
internal static class Phi2
{
    public static Architecture Family { get; } = new("phi2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(),
            layer =>
            {
                Norm norm = layer.LayerNorm("attn_norm");
                return
                [
                    new ParallelResidual(
                        (norm, layer.Attention(layer.Facts with { Rope = rope })),
                        (norm, layer.PlainFeedForward(Activation.GeluTanh))),
                ];
            },
            new Exit(r.LayerNorm("output_norm"), r.Head()));
    }
}
