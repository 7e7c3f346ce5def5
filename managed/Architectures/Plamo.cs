using Realm.Blocks;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>PLaMo 13B: attention beside the network, of one norm; the whole head turns. (Preferred Networks, 2023)</summary>
internal static class Plamo
{
    public static Architecture Family { get; } = new("plamo", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, r.KeySize);
        return r.Network(
            r.Tokens(),
            layer =>
            {
                Norm norm = layer.RmsNorm("attn_norm");
                return
                [
                    new ParallelResidual(
                        (norm, layer.Attention(layer.Facts with { Rope = rope })),
                        (norm, layer.GatedFeedForward(Activation.Silu))),
                ];
            },
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }
}
