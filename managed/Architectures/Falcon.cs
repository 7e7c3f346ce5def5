using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Falcon: attention beside the network, of one layer norm (7B) or one each (40B, 180B); few key/value heads; GELU. (Almazrouei
/// et al., 2023)</summary>
internal static class Falcon
{
    public static Architecture Family { get; } = new("falcon", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                Parallel(layer, layer.LayerNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
            ],
            new Exit(r.LayerNorm("output_norm"), r.Head()));
    }

    private static ParallelResidual Parallel(LayerReader layer, Norm norm, Attention attention) => new(
        (layer.Contains("attn_norm_2.weight") ? layer.LayerNorm("attn_norm_2") : norm, attention),
        (norm, layer.PlainFeedForward(Activation.GeluTanh)));
}
