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

    private int RowSize => QuerySize + 2 * KeySize;

    public override void Forward(in Step step)
    {
        float* x = step.Scratch.Hidden, qkv = step.Scratch.Projections;
        int rows = step.Count;

        Inputs n = step.Norm(x, rows, config.HiddenSize, weights.Norm, config.NormEpsilon, _projections.Layouts);  // (rows, hidden)
        step.Project(_projections, n, rows, qkv, RowSize);                                                         // (rows, (heads + 2 kvHeads) · headSize)
        step.Barrier();
        Position(step, qkv);
        step.Barrier();
        Attend(step);                                                                                              // (rows, heads, headSize)
        step.Barrier();
        Inputs o = step.Load(step.Scratch.Attended, rows, QuerySize, _output.Layouts);
        step.ProjectAdd(_output, o, rows, x);                                                                      // (rows, hidden)
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

    /// <summary>Each query over all keys up to its own position: qkv in the scratch's projections, results in its attended rows.</summary>
    private void Attend(in Step step)
    {
        Rows rows = step.Rows;
        if (!step.Scratch.HasPartials || !rows.AreFewAndLong)
        {
            Units units = _units ??= new Units(this);
            units.Set(step);
            step.Share(units, Units.Of(rows) * _kvHeads);
            return;
        }
        // A few rows with a long past: stretches of keys are shared out, then merged in order.
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

    /// <summary>One item is a key/value head and up to `AttentionTile.Rows` rows of a run. Later rows have more keys, so it begins with the last.</summary>
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
            ReadOnlySpan<Run> runs = Rows.Runs;
            int kvHeads = Block._kvHeads;
            // From the end, as the items are counted.
            int at = runs.Length - 1, before = 0;
            for (int item = first; item < last; item++)
            {
                while (item / kvHeads >= before + Pieces(runs[at]))
                    before += Pieces(runs[at--]);
                Run run = runs[at];
                int from = (Pieces(run) - 1 - (item / kvHeads - before)) * AttentionTile.Rows, kvHead = item % kvHeads;
                Block.Tile(Scratch, thread, run, kvHead).Attend(Block.Queries(Scratch, run.First + from, kvHead), Block.RowSize,
                    Math.Min(AttentionTile.Rows, run.Count - from), run.Position + from, Block.Results(Scratch, run.First + from, kvHead), Block.QuerySize);
            }
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
