using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>
/// Latent attention that remembers latents: a head's key matrix is absorbed into its query, its value matrix is applied to the result, so
/// that all heads attend to one and the same key, the latent and the turned part, whose value is the latent. (DeepSeek-AI, 2024, section
/// 2.1.2)
/// </summary>
internal sealed unsafe class AbsorbedLatentAttention : LatentAttention
{
    private readonly HeadProducts _keys;
    private readonly HeadProducts _values;
    private readonly AttentionLoop _loop;
    private RowBuffer _positioned = null!;
    private RowBuffer _latent = null!;

    /// <param name="shape">Its sizes.</param>
    /// <param name="facts">Scale, turning and visibility; heads and sizes are set here.</param>
    /// <param name="first">As in <see cref="LatentAttention"/>.</param>
    /// <param name="query">As in <see cref="LatentAttention"/>.</param>
    /// <param name="latentNorm">As in <see cref="LatentAttention"/>.</param>
    /// <param name="keys">Of each head: (rank, still).</param>
    /// <param name="values">Of each head: (value, rank).</param>
    /// <param name="output">As in <see cref="LatentAttention"/>.</param>
    /// <param name="plan">Where latents are remembered.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="change">As in <see cref="LatentAttention"/>.</param>
    public AbsorbedLatentAttention(
        LatentShape shape,
        AttentionFacts facts,
        Linear[] first,
        (Norm Norm, Linear Up)? query,
        Norm latentNorm,
        Linear[] keys,
        Linear[] values,
        Linear output,
        StatePlan plan,
        int layer,
        ResultChange? change = null)
        : base(shape, first, query, latentNorm, output, change)
    {
        int key = checked(shape.Rank + shape.Turned), at = checked(shape.Heads * key);
        AttentionFacts all = facts with
        {
            Heads = shape.Heads,
            KvHeads = 1,
            KeySize = key,
            ValueSize = shape.Rank,
            RopeOffset = shape.Rank,
            // The value is the key's first part.
            Layout = new AttentionLayout(0, key, at, key, at, shape.Rank),
        };
        _keys = new HeadProducts(keys);
        _values = new HeadProducts(values);
        _loop = new AttentionLoop(all, plan.KeyValue(layer, 1, key, shape.Rank));
    }

    private int KeySize => Shape.Rank + Shape.Turned;

    public override void Ask(Needs needs)
    {
        base.Ask(needs);
        _positioned = needs.Rows(checked((long)(Shape.Heads + 1) * KeySize));
        _latent = needs.Rows(checked((long)Shape.Heads * Shape.Rank));
        _loop.Ask(needs);
        needs.Children(_keys, _values);
    }

    protected override void Attend(in Step step, RowView queries, RowView latents, RowBuffer results)
    {
        _keys.Multiply(step, queries, Shape.Query, _positioned.View, KeySize);               // (rows, heads, rank)
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* positioned = _positioned.Row(row);
            for (int head = 0; head < Shape.Heads; head++)
                Copy(queries[row] + head * Shape.Query + Shape.Still, positioned + head * KeySize + Shape.Rank, Shape.Turned);
            Copy(latents[row], positioned + Shape.Heads * KeySize, KeySize);
        }
        step.Barrier();
        _loop.Attend(step, _positioned, _latent);                                            // (rows, heads, rank)
        step.Barrier();
        _values.Multiply(step, _latent.View, Shape.Rank, results.View, Shape.Value);         // (rows, heads, value)
    }

    private static void Copy(float* from, float* to, int n) => new ReadOnlySpan<float>(from, n).CopyTo(new Span<float>(to, n));
}
