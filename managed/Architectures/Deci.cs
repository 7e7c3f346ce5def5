using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>DeciLM and Llama Nemotron: Llama of which a search kept what each layer needs: attention, a linear map in its place, or
/// neither; a network of its own width, or none. (Bercovich et al., 2024)</summary>
internal static class Deci
{
    public static Architecture Family { get; } = new("deci", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        return r.Network(
            r.Tokens(),
            layer => [.. Attention(layer, rope), .. FeedForward(layer)],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static Block[] Attention(LayerReader layer, RopeTable rope)
    {
        if (layer.Heads == 0)
            return [];
        Branch branch = layer.KvHeads == 0
            ? new Projection(layer.Linear("attn_output", layer.Model.Hidden, layer.Model.Hidden))
            : layer.Attention(layer.Facts with { Rope = rope });
        return [new Residual(layer.RmsNorm("attn_norm"), branch)];
    }

    private static Block[] FeedForward(LayerReader layer) =>
        layer.FeedForwardSize == 0 ? [] : [new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu))];
}
