using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>The weights of attention; norms of queries and keys (Qwen 3) are null where the model has none.</summary>
internal sealed unsafe class AttentionWeights
{
    public required float* Norm { get; init; }

    public required Linear Query { get; init; }

    public required Linear Key { get; init; }

    public required Linear Value { get; init; }

    public required Linear Output { get; init; }

    public float* QueryNorm { get; init; }

    public float* KeyNorm { get; init; }
}

/// <summary>
/// Causal grouped-query attention over the key/value cache: x += output(attend(rope(q), rope(k), v)), with q, k, v of norm(x).
/// (Vaswani et al., 2017; Ainslie et al., 2023)
/// </summary>
internal sealed unsafe class Attention(ModelConfig config, int layer, AttentionWeights weights) : Block
{
    private readonly LayoutSet _in = LayoutSet.Of(weights.Query, weights.Key, weights.Value);
    private readonly LayoutSet _out = LayoutSet.Of(weights.Output);
    private readonly int _heads = config.HeadCounts[layer];
    private readonly int _kvHeads = config.KvHeadCounts[layer];
    private readonly int _headSize = config.HeadSize;

    // Queries, keys and values of a row lie side by side.
    private int QuerySize => _heads * _headSize;

    private int KeySize => _kvHeads * _headSize;

    private int RowSize => QuerySize + 2 * KeySize;

    public override void Forward(in Step step)
    {
        float* x = step.Scratch.Hidden, qkv = step.Scratch.Projections, a = step.Scratch.Attended;
        int rows = step.Count;

        Inputs n = step.Norm(x, rows, config.HiddenSize, weights.Norm, config.NormEpsilon, _in);  // (rows, hidden)
        step.Project(weights.Query, n, rows, qkv, RowSize);                                        // (rows, heads, headSize)
        step.Project(weights.Key, n, rows, qkv + QuerySize, RowSize);                              // (rows, kvHeads, headSize)
        step.Project(weights.Value, n, rows, qkv + QuerySize + KeySize, RowSize);                  // (rows, kvHeads, headSize)
        step.Barrier();
        Position(step, qkv);
        step.Barrier();
        Attend(step, qkv, a);                                                                      // (rows, heads, headSize)
        step.Barrier();
        Inputs o = step.Load(a, rows, QuerySize, _out);
        step.ProjectAdd(weights.Output, o, rows, x);                                               // (rows, hidden)
    }

    /// <summary>Norms and turns queries and keys, and appends keys and values to the caches.</summary>
    private void Position(in Step step, float* qkv)
    {
        // One unit is a row and a key/value head with the query heads that share it: no two threads touch the same memory.
        (int first, int last) = step.Share(step.Count * _kvHeads);
        Rows rows = step.Rows;
        int group = _heads / _kvHeads;
        int run = 0;
        for (int unit = first; unit < last; unit++)
        {
            int row = unit / _kvHeads, kvHead = unit % _kvHeads;
            while (row >= rows.Runs[run].First + rows.Runs[run].Count)
                run++;
            float* r = qkv + (long)row * RowSize;
            float* cos = rows.Cos + row * rows.RopePairs, sin = rows.Sin + row * rows.RopePairs;
            for (int i = 0; i < group; i++)
            {
                float* query = r + (kvHead * group + i) * _headSize;
                Turn(query, weights.QueryNorm, cos, sin);
                for (int d = 0; d < _headSize; d++)
                    query[d] *= config.AttentionScale;
            }
            float* key = r + QuerySize + kvHead * _headSize, value = key + KeySize;
            Turn(key, weights.KeyNorm, cos, sin);
            rows.Runs[run].Cache.Store(layer, kvHead, rows.Positions[row], key, value);
        }
    }

    private void Turn(float* head, float* norm, float* cos, float* sin)
    {
        if (norm != null)
            RmsNorm.Compute(head, norm, config.NormEpsilon, _headSize, head);
        Rope.Apply(head, config.Rope.Dimensions, config.Rope.Pairing, cos, sin);
    }

    /// <summary>Each query over all keys up to its own position.</summary>
    private void Attend(in Step step, float* qkv, float* output)
    {
        if (step.Threads > 1 && step.Rows.AreFewAndLong)
        {
            AttendTogether(step, qkv, output);
            return;
        }
        // One unit is a key/value head and up to `Tile` rows of a run, dealt out in turn: later rows have more keys.
        int unit = 0;
        foreach (ref readonly Run run in step.Rows.Runs)
        {
            for (int from = 0; from < run.Count; from += AttentionTile.Rows)
            {
                int count = Math.Min(AttentionTile.Rows, run.Count - from);
                for (int kvHead = 0; kvHead < _kvHeads; kvHead++)
                {
                    if (unit++ % step.Threads != step.Thread)
                        continue;
                    int row = run.First + from;
                    Tile(step, run, kvHead).Attend(Queries(qkv, row, kvHead), RowSize, count, run.Position + from, Results(output, row, kvHead), QuerySize);
                }
            }
        }
    }

    /// <summary>A few rows with a long past: stretches of keys are shared out, then merged in order.</summary>
    private void AttendTogether(in Step step, float* qkv, float* output)
    {
        ReadOnlySpan<Run> runs = step.Rows.Runs;
        int stretches = AttentionTile.Stretches(step.Rows.LastPosition), group = _heads / _kvHeads;
        int valueSize = runs[0].Cache.Layout.ValueSize;
        Partials partials = new(step.Scratch.Partials, group, valueSize);
        Deal deal = step.Deal(runs.Length * _kvHeads * stretches);
        while (deal.Next(out int from, out int to))
        {
            for (int unit = from; unit < to; unit++)
            {
                int stretch = unit % stretches, kvHead = unit / stretches % _kvHeads;
                Run run = runs[unit / stretches / _kvHeads];
                if (stretch < AttentionTile.Stretches(run.Position))
                    Tile(step, run, kvHead).AttendStretch(Queries(qkv, run.First, kvHead), RowSize, 1, run.Position, stretch, partials.State(unit));
            }
        }
        step.Barrier();
        (int first, int last) = step.Share(runs.Length * _kvHeads);
        for (int i = first; i < last; i++)
        {
            Run run = runs[i / _kvHeads];
            int kvHead = i % _kvHeads;
            AttentionState total = partials.State(i * stretches);
            for (int stretch = 1; stretch < AttentionTile.Stretches(run.Position); stretch++)
                total.Merge(partials.State(i * stretches + stretch), group);
            Tile(step, run, kvHead).Finish(total, group, Results(output, run.First, kvHead), QuerySize);
        }
    }

    private AttentionTile Tile(in Step step, in Run run, int kvHead) =>
        new(step.Scratch.Attention(step.Thread), run.Cache, layer, kvHead, _heads / _kvHeads);

    private float* Queries(float* qkv, int row, int kvHead) => qkv + (long)row * RowSize + kvHead * (_heads / _kvHeads) * _headSize;

    private float* Results(float* output, int row, int kvHead) => output + (long)row * QuerySize + kvHead * (_heads / _kvHeads) * _headSize;
}

/// <summary>The states that threads leave for each other, one for each unit of work.</summary>
internal readonly unsafe struct Partials(float* memory, int queries, int valueSize)
{
    public AttentionState State(int unit) => new(memory + (long)unit * AttentionState.Floats(queries, valueSize), queries, valueSize);
}
