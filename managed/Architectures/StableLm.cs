using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>StableLM: layer norms, part of each head turns, networks gated by SiLU. The 12B norms queries and keys, each head with its
/// own weight, and has attention beside the network. (Bellagente et al., 2024)</summary>
internal static class StableLm
{
    public static Architecture Family { get; } = new("stablelm", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(),
            layer => Blocks(layer, layer.LayerNorm("attn_norm"), layer.Attention(Facts(layer, rope)), layer.GatedFeedForward(Activation.Silu)),
            new Exit(r.LayerNorm("output_norm"), r.Head()));
    }

    private static Block[] Blocks(LayerReader layer, Norm norm, Attention attention, FeedForward feedForward) =>
        layer.Contains("ffn_norm.weight")
        ? [new Residual(norm, attention), new Residual(layer.LayerNorm("ffn_norm"), feedForward)]
        : [new ParallelResidual((norm, attention), (norm, feedForward))];

    private static AttentionFacts Facts(LayerReader layer, RopeTable rope) => layer.Facts with
    {
        Rope = rope,
        QueryNorm = layer.OptionalHeadLayerNorms("attn_q_norm", layer.Heads),
        KeyNorm = layer.OptionalHeadLayerNorms("attn_k_norm", layer.KvHeads),
    };
}
