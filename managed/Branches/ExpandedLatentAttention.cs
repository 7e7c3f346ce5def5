using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>Latent attention that remembers keys and values as made of latents, for each head: of files in which one matrix makes
/// both.</summary>
internal sealed unsafe class ExpandedLatentAttention : LatentAttention
{
    private readonly Matrices _expand;
    private readonly AttentionLoop _loop;
    private SourceBuffer _latentSource = null!;
    private RowBuffer _expanded = null!;
    private RowBuffer _positioned = null!;

    /// <param name="shape">Its sizes.</param>
    /// <param name="facts">Scale, turning and visibility; heads and sizes are set here.</param>
    /// <param name="first">As in <see cref="LatentAttention"/>.</param>
    /// <param name="query">As in <see cref="LatentAttention"/>.</param>
    /// <param name="latentNorm">As in <see cref="LatentAttention"/>.</param>
    /// <param name="expand">From a latent to each head's key, without its turned part, and value.</param>
    /// <param name="output">As in <see cref="LatentAttention"/>.</param>
    /// <param name="plan">Where keys and values are remembered.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="change">As in <see cref="LatentAttention"/>.</param>
    public ExpandedLatentAttention(
        LatentShape shape,
        AttentionFacts facts,
        Linear[] first,
        (Norm Norm, Linear Up)? query,
        Norm latentNorm,
        Linear expand,
        Linear output,
        StatePlan plan,
        int layer,
        ResultChange? change = null)
        : base(shape, first, query, latentNorm, output, change)
    {
        AttentionFacts all = facts with
        {
            Heads = shape.Heads,
            KvHeads = shape.Heads,
            KeySize = shape.Query,
            ValueSize = shape.Value,
            RopeOffset = shape.Still,
        };
        _expand = new Matrices(expand);
        _loop = new AttentionLoop(all, plan.KeyValue(layer, shape.Heads, shape.Query, shape.Value));
    }

    public override void Ask(Needs needs)
    {
        base.Ask(needs);
        needs.Product(_expand);
        _latentSource = needs.Source(_expand.Layouts, Shape.Rank);
        _expanded = needs.Rows(_expand.Outputs);
        _positioned = needs.Rows(checked((long)Shape.Heads * (2 * Shape.Query + Shape.Value)));
        _loop.Ask(needs);
    }

    protected override void Attend(in Step step, RowView queries, RowView latents, RowBuffer results)
    {
        step.Project(_expand, step.Read(latents, step.Count, null, _latentSource), _expanded);       // (rows, heads · (still + value))
        step.Barrier();
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
            Place(queries[row], _expanded.Row(row), latents[row] + Shape.Rank, _positioned.Row(row));
        step.Barrier();
        _loop.Attend(step, _positioned, results);                                                    // (rows, heads, value)
    }

    // Queries, keys, values, as attention wants them.
    private void Place(float* query, float* expanded, float* turned, float* to)
    {
        int still = Shape.Still, value = Shape.Value;
        float* keys = to + Shape.Heads * Shape.Query, values = keys + Shape.Heads * Shape.Query;
        Copy(query, to, Shape.Heads * Shape.Query);
        for (int head = 0; head < Shape.Heads; head++, expanded += still + value)
        {
            Copy(expanded, keys + head * Shape.Query, still);
            Copy(turned, keys + head * Shape.Query + still, Shape.Turned);
            Copy(expanded + still, values + head * value, value);
        }
    }

    private static void Copy(float* from, float* to, int n) => new ReadOnlySpan<float>(from, n).CopyTo(new Span<float>(to, n));
}
