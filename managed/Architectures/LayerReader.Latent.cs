using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Multi-head latent attention as files describe it.</summary>
internal sealed partial class LayerReader
{
    /// <summary>Its sizes: <c>attention.kv_lora_rank</c>, <c>rope.dimension_count</c>; a head's are <c>attention.key_length_mla</c> and
    /// <c>attention.value_length_mla</c>, or without these what other attention has.</summary>
    public LatentShape LatentShape
    {
        get
        {
            int query = model.Int("attention.key_length_mla", 0), value = model.Int("attention.value_length_mla", 0);
            query = query == 0 ? model.KeySize : query;
            value = value == 0 ? model.ValueSize : value;
            int rank = (int)model.Range("attention.kv_lora_rank", 1, ModelReader.MaxWidth),
                turned = (int)model.Range("rope.dimension_count", 1, ModelReader.MaxWidth);
            if (Heads < 1)
                throw model.Bad("attention.head_count", $"layer {index} has {Heads} heads");
            if (turned >= query)
                throw model.Bad("rope.dimension_count", $"{turned} of a head's {query} elements turn: none is left that does not");
            model.Width(Heads, checked(2 * query + value), "attention.head_count");
            model.Width(Heads + 1, rank + turned, "attention.kv_lora_rank");
            return new LatentShape(Heads, query - turned, turned, value, rank);
        }
    }

    /// <summary>Facts for latent attention of these sizes; heads and sizes follow from them.</summary>
    public AttentionFacts LatentFacts(LatentShape shape) => new()
    {
        Heads = shape.Heads,
        KvHeads = 1,
        KeySize = shape.Query,
        ValueSize = shape.Value,
        Scale = 1f / MathF.Sqrt(shape.Query),
    };

    /// <summary>Latent attention with the usual tensors: <c>attn_q</c>, or <c>attn_q_a</c>, <c>attn_q_a_norm</c>, <c>attn_q_b</c>;
    /// <c>attn_kv_a_mqa</c>, <c>attn_kv_a_norm</c>; <c>attn_k_b</c> and <c>attn_v_b</c>, or both in <c>attn_kv_b</c>;
    /// <c>attn_output</c>.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="facts">Scale, turning, visibility.</param>
    /// <param name="gate">A further map of the input, whose results <paramref name="change"/> is handed behind the others; null:
    /// none.</param>
    /// <param name="change">What happens to the heads' results, made for where the gates begin; null: nothing.</param>
    public LatentAttention LatentAttention(
        LatentShape shape, AttentionFacts facts, Linear? gate = null, Func<int, ResultChange>? change = null)
    {
        model.RequireCausal("whose latent attention goes back only");
        (Linear queries, (Norm, Linear)? up) = LatentQueries(shape);
        Linear latent = Linear("attn_kv_a_mqa", shape.Rank + shape.Turned, model.Hidden);
        Linear[] first = gate == null ? [queries, latent] : [queries, latent, gate];
        ResultChange? made = change?.Invoke(queries.Outputs + latent.Outputs);
        Norm norm = RmsNorm("attn_kv_a_norm", shape.Rank);
        Linear output = Linear("attn_output", model.Hidden, checked(shape.Heads * shape.Value));
        if (!Contains("attn_k_b.weight"))
        {
            Linear expand = Linear("attn_kv_b", checked(shape.Heads * (shape.Still + shape.Value)), shape.Rank);
            return new ExpandedLatentAttention(shape, facts, first, up, norm, expand, output, model.State, index, made);
        }
        Linear[] keys = ExpertLinears("attn_k_b", shape.Heads, shape.Rank, shape.Still),
            values = ExpertLinears("attn_v_b", shape.Heads, shape.Value, shape.Rank);
        return new AbsorbedLatentAttention(shape, facts, first, up, norm, keys, values, output, model.State, index, made);
    }

    private (Linear Queries, (Norm, Linear)? Up) LatentQueries(LatentShape shape)
    {
        int outputs = checked(shape.Heads * shape.Query);
        if (!Contains("attn_q_a.weight"))
            return (Linear("attn_q", outputs, model.Hidden), null);
        int rank = (int)model.Range("attention.q_lora_rank", 1, ModelReader.MaxWidth);
        return (Linear("attn_q_a", rank, model.Hidden), (RmsNorm("attn_q_a_norm", rank), Linear("attn_q_b", outputs, rank)));
    }
}
