using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>BERT: an encoder; learned positions and a kind of text are added to the embedding, norms stand behind each sum, GELU.
/// (Devlin et al., 2019)</summary>
internal static class Bert
{
    public static Architecture Family { get; } = new("bert", r =>
        Network(r, layer => layer.Facts, layer => layer.PlainFeedForward(Activation.GeluErf), r.LearnedPositions()));

    /// <summary>The encoder with this attention and this feed-forward network.</summary>
    /// <param name="r">The model.</param>
    /// <param name="attention">What attention is in a layer.</param>
    /// <param name="feedForward">A layer's feed-forward network.</param>
    /// <param name="positions">What adds positions to the embedding; null: attention knows them.</param>
    public static Network Network(
        ModelReader r, Func<LayerReader, AttentionFacts> attention, Func<LayerReader, Branch> feedForward, Block? positions = null)
    {
        r.ReadWholeTexts();
        return r.Network(
            r.Tokens(),
            layer =>
            [
                .. layer.Index == 0 ? First(r, positions) : [],
                new NormedSum(layer.Attention(attention(layer)), layer.LayerNorm("attn_output_norm"), Again(layer)),
                new NormedSum(feedForward(layer), layer.LayerNorm("layer_output_norm")),
            ],
            new Exit(null, null, width: r.Hidden));
    }

    /// <summary>Attention that turns queries and keys.</summary>
    public static Func<LayerReader, AttentionFacts> Turned(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return layer => layer.Facts with { Rope = rope };
    }

    private static Block[] First(ModelReader r, Block? positions)
    {
        return
        [
            .. r.Tensors.Contains("token_types.weight") ? [r.FirstTokenType()] : (Block[])[],
            .. positions == null ? (Block[])[] : [positions],
            new StreamNorm(r.LayerNorm("token_embd_norm")),
        ];
    }

    private static Norm? Again(LayerReader layer) => layer.Contains("attn_norm_2.weight") ? layer.LayerNorm("attn_norm_2") : null;
}
