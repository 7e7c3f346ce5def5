using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Command R and R+: attention beside the network, of one layer norm without a bias; R+ norms queries and keys, each head with
/// its own weight. (Cohere, 2024)</summary>
internal static class CommandR
{
    public static Architecture Family { get; } = new("command-r", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return Network(r, layer => layer.Facts with
        {
            Rope = rope,
            QueryNorm = layer.OptionalHeadLayerNorms("attn_q_norm", layer.Heads),
            KeyNorm = layer.OptionalHeadLayerNorms("attn_k_norm", layer.KvHeads),
        });
    }

    /// <summary>The network with this attention: the head is the embedding, its results are scaled.</summary>
    public static Network Network(ModelReader r, Func<LayerReader, AttentionFacts> attention) => r.Network(
        r.Tokens(),
        layer =>
        {
            Norm norm = layer.LayerNorm("attn_norm");
            return [new ParallelResidual((norm, layer.Attention(attention(layer))), (norm, layer.GatedFeedForward(Activation.Silu)))];
        },
        new Exit(r.LayerNorm("output_norm"), r.Head(), scale: r.Positive("logit_scale") ?? 1f));
}
