using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Jamba: attention without positions in some layers, a Mamba mixer in the others; dense or mixed networks. (Lieber et al., 2024)</summary>
internal static class Jamba
{
    public static Architecture Family { get; } = new("jamba", Build);

    private static Network Build(ModelReader r) => r.Network(
        r.Tokens(),
        layer =>
        [
            new Residual(layer.RmsNorm("attn_norm"), layer.KvHeads == 0 ? layer.Mamba() : layer.Attention(layer.Facts)),
            new Residual(layer.RmsNorm("ffn_norm"), FeedForward(layer)),
        ],
        new Exit(r.RmsNorm("output_norm"), r.Head()));

    private static Branch FeedForward(LayerReader layer) => layer.Contains("ffn_gate_inp.weight")
        ? layer.GatedExperts(layer.Routing with { Normalizes = false }, Activation.Silu)
        : layer.GatedFeedForward(Activation.Silu);
}
