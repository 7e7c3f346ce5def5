using System.Runtime.Intrinsics;
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
    private readonly Matrices _projections = new(weights.Query, weights.Key, weights.Value);
    private readonly Matrices _output = new(weights.Output);
    private readonly int _heads = config.HeadCounts[layer];
    private readonly int _kvHeads = config.KvHeadCounts[layer];
    private readonly int _headSize = config.HeadSize;
    private Units? _units;
    private Stretches? _stretches;

    // Queries, keys and values of a row lie side by side.
    private int QuerySize => _heads * _headSize;

    private int KeySize => _kvHeads * _headSize;

    private int Layer => layer;

    private int RowSize => QuerySize + 2 * KeySize;

    public override void Forward(in Step step)
    {
        float* x = step.Scratch.Hidden, qkv = step.Scratch.Projections;
        int rows = step.Count;

        Inputs n = step.Norm(x, rows, config.HiddenSize, weights.Norm, config.NormEpsilon, _projections.Layouts);  // (rows, hidden)
        step.Project(_projections, n, rows, qkv, RowSize);                                                         // (rows, (heads + 2 kvHeads) · headSize)
        step.Barrier();
        Attend(step, qkv);                                                                                         // (rows, heads, headSize)
        step.Barrier();
        Inputs o = step.Load(step.Scratch.Attended, rows, QuerySize, _output.Layouts);
        step.ProjectAdd(_output, o, rows, x);                                                                      // (rows, hidden)
    }

    /// <summary>Norms and turns the queries of a row that share a key/value head.</summary>
    private void TurnQueries(float* qkv, Rows rows, int row, int kvHead)
    {
        int group = _heads / _kvHeads;
        float* queries = qkv + (long)row * RowSize + kvHead * group * _headSize;
        for (int i = 0; i < group; i++)
            Turn(queries + i * _headSize, weights.QueryNorm, rows, row);
        Vector256<float> scale = Vector256.Create(config.AttentionScale);
        int n = group * _headSize, at = 0;
        for (; at <= n - 8; at += 8)
            (Vector256.Load(queries + at) * scale).Store(queries + at);
        for (; at < n; at++)
            queries[at] *= config.AttentionScale;
    }

    /// <summary>Norms and turns a row's key, and appends it and the value to the cache.</summary>
    private void StoreKey(float* qkv, Rows rows, in Run run, int row, int kvHead)
    {
        float* key = qkv + (long)row * RowSize + QuerySize + kvHead * _headSize;
        Turn(key, weights.KeyNorm, rows, row);
        run.Cache.Store(layer, kvHead, rows.Positions[row], key, key + KeySize);
    }

    private void Turn(float* head, float* norm, Rows rows, int row)
    {
        if (norm != null)
            RmsNorm.Compute(head, norm, config.NormEpsilon, _headSize, head);
        Rope.Apply(head, config.Rope.Dimensions, config.Rope.Pairing, rows.Cos + row * rows.RopePairs, rows.Sin + row * rows.RopePairs);
    }

    /// <summary>Does for all rows what a unit of attention does not do for its own: turns queries, and stores keys if asked.</summary>
    private void Position(in Step step, float* qkv, bool keys)
    {
        // One unit is a row and a key/value head with the query heads that share it: no two threads touch the same memory.
        (int first, int last) = step.Share(step.Count * _kvHeads);
        Rows rows = step.Rows;
        int run = 0;
        for (int unit = first; unit < last; unit++)
        {
            int row = unit / _kvHeads, kvHead = unit % _kvHeads;
            while (row >= rows.Runs[run].First + rows.Runs[run].Count)
                run++;
            TurnQueries(qkv, rows, row, kvHead);
            if (keys)
                StoreKey(qkv, rows, rows.Runs[run], row, kvHead);
        }
        step.Barrier();
    }

    /// <summary>Each query over all keys up to its own position: qkv in the scratch's projections, results in its attended rows.</summary>
    private void Attend(in Step step, float* qkv)
    {
        Rows rows = step.Rows;
        if (!step.Scratch.HasPartials || !rows.AreFewAndLong)
        {
            if (!rows.AreApart)
                Position(step, qkv, keys: true);
            Units units = _units ??= new Units(this);
            units.Set(step);
            step.Share(units, Units.Of(rows) * _kvHeads);
            return;
        }
        // A few rows with a long past: stretches of keys are shared out, then merged in order.
        Position(step, qkv, keys: !rows.AreApart);
        int stretches = AttentionTile.Stretches(rows.LastPosition);
        Stretches loop = _stretches ??= new Stretches(this);
        loop.Set(step);
        step.Share(loop, rows.RunCount * _kvHeads * stretches);
        step.Barrier();
        (int first, int last) = step.Share(rows.RunCount * _kvHeads);
        for (int i = first; i < last; i++)
            Merge(step.Scratch, step.Thread, rows.Runs[i / _kvHeads], i % _kvHeads, i * stretches);
    }

    private void Merge(Scratch scratch, int thread, in Run run, int kvHead, int firstState)
    {
        int group = _heads / _kvHeads;
        Partials partials = PartialStates(scratch, run);
        AttentionState total = partials.State(firstState);
        for (int stretch = 1; stretch < AttentionTile.Stretches(run.Position); stretch++)
            total.Merge(partials.State(firstState + stretch), group);
        Tile(scratch, thread, run, kvHead).Finish(total, group, Results(scratch, run.First, kvHead), QuerySize);
    }

    // Rows of a run that share a tile, and a key/value head.
    private readonly record struct Unit(Run Run, int From, int Count, int KvHead);

    /// <summary>Attention of a unit, before it what <see cref="Position"/> did not do.</summary>
    private void Attend(Scratch scratch, Rows rows, int thread, in Unit unit, byte* next)
    {
        Run run = unit.Run;
        int first = run.First + unit.From;
        for (int row = first; row < first + unit.Count && rows.AreApart; row++)
        {
            TurnQueries(scratch.Projections, rows, row, unit.KvHead);
            StoreKey(scratch.Projections, rows, run, row, unit.KvHead);
        }
        Tile(scratch, thread, run, unit.KvHead).Attend(Queries(scratch, first, unit.KvHead), RowSize, unit.Count, run.Position + unit.From,
            Results(scratch, first, unit.KvHead), QuerySize, next);
    }

    private Partials PartialStates(Scratch scratch, in Run run) => new(scratch.Partials, _heads / _kvHeads, run.Cache.Layout.ValueSize);

    private AttentionTile Tile(Scratch scratch, int thread, in Run run, int kvHead) =>
        new(scratch.Attention(thread), run.Cache, layer, kvHead, _heads / _kvHeads);

    private float* Queries(Scratch scratch, int row, int kvHead) =>
        scratch.Projections + (long)row * RowSize + kvHead * (_heads / _kvHeads) * _headSize;

    private float* Results(Scratch scratch, int row, int kvHead) =>
        scratch.Attended + (long)row * QuerySize + kvHead * (_heads / _kvHeads) * _headSize;

    /// <summary>A loop of attention. Its helpers write at once where results belong and read caches that may be freed after the pass:
    /// the leader waits for them.</summary>
    private abstract class Loop(Attention block) : SharedLoop
    {
        protected Attention Block => block;

        protected Scratch Scratch { get; private set; } = null!;

        protected Rows Rows { get; private set; } = null!;

        public override bool IsRepeatable => false;

        /// <summary>Where it works; the same in every pass.</summary>
        public void Set(in Step step)
        {
            Scratch = step.Scratch;
            Rows = step.Rows;
        }
    }

    /// <summary>One item is a key/value head and up to `AttentionTile.Rows` rows of a run. Later rows have more keys, so it begins with the last.
    /// Where runs are apart, an item is all that looks at its keys, and stores them itself: no other thread has their memory in its cache.</summary>
    private sealed class Units(Attention block) : Loop(block)
    {
        /// <summary>Pieces of runs.</summary>
        public static int Of(Rows rows)
        {
            int pieces = 0;
            foreach (ref readonly Run run in rows.Runs)
                pieces += Pieces(run);
            return pieces;
        }

        public override void Run(int thread, int first, int last)
        {
            int at = Rows.RunCount - 1, before = 0;
            Unit unit = Find(first, ref at, ref before), next = unit;
            for (int item = first; item < last; item++, unit = next)
            {
                byte* keys = null;
                if (item + 1 < last)
                {
                    next = Find(item + 1, ref at, ref before);
                    keys = next.Run.Cache.Block(Block.Layer, next.KvHead, 0).Keys;
                }
                Block.Attend(Scratch, Rows, thread, unit, keys);
            }
        }

        // From the end, as the items are counted. `at` is the run found last, `before` the pieces of those after it.
        private Unit Find(int item, ref int at, ref int before)
        {
            ReadOnlySpan<Run> runs = Rows.Runs;
            int piece = item / Block._kvHeads;
            while (piece >= before + Pieces(runs[at]))
                before += Pieces(runs[at--]);
            int from = (Pieces(runs[at]) - 1 - (piece - before)) * AttentionTile.Rows;
            return new Unit(runs[at], from, Math.Min(AttentionTile.Rows, runs[at].Count - from), item % Block._kvHeads);
        }

        private static int Pieces(in Run run) => (run.Count + AttentionTile.Rows - 1) / AttentionTile.Rows;
    }

    /// <summary>One item is a stretch of keys, a key/value head and a run of one row.</summary>
    private sealed class Stretches(Attention block) : Loop(block)
    {
        public override void Run(int thread, int first, int last)
        {
            int stretches = AttentionTile.Stretches(Rows.LastPosition), kvHeads = Block._kvHeads;
            for (int item = first; item < last; item++)
            {
                int stretch = item % stretches, kvHead = item / stretches % kvHeads;
                Run run = Rows.Runs[item / stretches / kvHeads];
                if (Rows.AreApart && stretch == AttentionTile.Stretches(run.Position) - 1)
                    Block.StoreKey(Scratch.Projections, Rows, run, run.First, kvHead);
                if (stretch < AttentionTile.Stretches(run.Position))
                    Block.Tile(Scratch, thread, run, kvHead).AttendStretch(Block.Queries(Scratch, run.First, kvHead), Block.RowSize, 1, run.Position, stretch,
                        Block.PartialStates(Scratch, run).State(item));
            }
        }
    }
}

/// <summary>The states that threads leave for each other, one for each unit of work.</summary>
internal readonly unsafe struct Partials(float* memory, int queries, int valueSize)
{
    public AttentionState State(int unit) => new(memory + (long)unit * AttentionState.Floats(queries, valueSize), queries, valueSize);
}
