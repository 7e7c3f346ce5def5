using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Jina's BERT, second version: scores bent by distance to both sides, networks gated by GELU, a second norm that adds the layer's
/// input once more. (Günther et al., 2023)</summary>
internal static class JinaBert2
{
    public static Architecture Family { get; } = new("jina-bert-v2", r => Bert.Network(r, Attention, FeedForward));

    private const float MaxBias = 8;

    private static AttentionFacts Attention(LayerReader layer)
    {
        AttentionFacts facts = layer.Facts with { Score = ScoreRule.Slopes(layer.Heads, MaxBias) };
        if (!layer.Contains("attn_q_norm.weight") && !layer.Contains("attn_k_norm.weight"))
            return facts;
        Norm queries = layer.LayerNorm("attn_q_norm", checked(facts.Heads * facts.KeySize));
        Norm keys = layer.LayerNorm("attn_k_norm", checked(facts.KvHeads * facts.KeySize));
        return facts with { Projected = new NormedRow(new GroupedNorm(queries, keys)) };
    }

    private static Branch FeedForward(LayerReader layer)
    {
        if (layer.Contains("ffn_gate.weight"))
            return layer.GatedFeedForward(Activation.GeluErf);
        return layer.Tensors.RowCount(layer.Name("ffn_up.weight")) == layer.FeedForwardSize
            ? layer.PlainFeedForward(Activation.GeluErf)
            : layer.FusedFeedForward(Activation.GeluErf);
    }
}
