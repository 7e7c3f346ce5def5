using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>MPT: layer norms, scores bent by distance or learned positions, queries, keys and values clamped, or queries and keys normed
/// over their whole widths. (MosaicML, 2023)</summary>
internal static class Mpt
{
    public static Architecture Family { get; } = new("mpt", Build);

    private static Network Build(ModelReader r)
    {
        float? bias = r.Positive("attention.max_alibi_bias"), clamp = r.Positive("attention.clamp_kqv");
        return r.Decoder(
            layer => layer.Facts with
            {
                Score = bias is { } most ? ScoreRule.Slopes(layer.Heads, most) : null,
                Projected = Projected(layer, layer.Facts, clamp),
            },
            layer => layer.PlainFeedForward(Activation.GeluTanh, middle: Scales(layer)),
            layerNorms: true,
            first: r.Tensors.Contains("position_embd.weight") ? r.LearnedPositions() : null);
    }

    private static RowChange? Projected(LayerReader layer, AttentionFacts facts, float? clamp)
    {
        int queries = checked(facts.Heads * facts.KeySize), keys = checked(facts.KvHeads * facts.KeySize);
        RowChange? clamped = clamp is { } limit ? new ClampedRow(checked(queries + keys + facts.KvHeads * facts.ValueSize), limit) : null;
        if (!layer.Contains("attn_q_norm.weight"))
            return clamped;
        RowChange normed = new NormedRow(new GroupedNorm(layer.LayerNorm("attn_q_norm", queries), layer.LayerNorm("attn_k_norm", keys)));
        return clamped == null ? normed : new RowChanges(clamped, normed);
    }

    private static unsafe DividedRow? Scales(LayerReader layer)
    {
        float* scales = layer.Tensors.OptionalVector(layer.Name("ffn.act.scales"), layer.FeedForwardSize);
        return scales == null ? null : new DividedRow(layer.FeedForwardSize, scales);
    }
}
