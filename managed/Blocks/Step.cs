using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>
/// One thread's view of a pass. In a pass over many rows all threads run the same code; each method below takes this thread's share and,
/// where it says so, waits for the others. A pass over few rows is led: one thread runs the code, as if there were no other, and a
/// <see cref="Crew"/> helps it in the loops. Either way a layer reads as if one thread ran it.
/// </summary>
internal readonly unsafe struct Step
{
    private readonly SpinBarrier? _barrier;
    private readonly Crew? _crew;

    /// <summary>Thread `thread` of a pass that all threads of the barrier run.</summary>
    public Step(int thread, int threads, SpinBarrier barrier, Scratch scratch, Rows rows)
    {
        Thread = thread;
        Threads = threads;
        _barrier = barrier;
        Scratch = scratch;
        Rows = rows;
    }

    /// <summary>The leader of a pass.</summary>
    public Step(Crew crew, Scratch scratch, Rows rows)
    {
        Threads = 1;
        _crew = crew;
        Scratch = scratch;
        Rows = rows;
    }

    public int Thread { get; }

    /// <summary>Threads that run this code.</summary>
    public int Threads { get; }

    public Scratch Scratch { get; }

    public Rows Rows { get; }

    public int Count => Rows.Count;

    /// <summary>Waits until all threads are here.</summary>
    public void Barrier() => _barrier?.Wait();

    /// <summary>This thread's part of 0..`items`.</summary>
    public (int First, int Last) Share(int items) => new Portions(items, Threads).Part(Thread);

    /// <summary>This thread's rows of activations: whole tiles, since one thread fills a tile; a single row is for each thread.</summary>
    public (int First, int Last) ShareRows(int rows)
    {
        if (rows == 1)
            return (0, 1);
        (int first, int last) = Share((rows + Lanes.Tokens - 1) / Lanes.Tokens);
        return (Math.Min(rows, first * Lanes.Tokens), Math.Min(rows, last * Lanes.Tokens));
    }

    /// <summary>Shares out 0..`items` in portions; all threads must come by here.</summary>
    public Deal Deal(int items) => new(Thread, Threads, items, Scratch.Counters.Next(Thread));

    /// <summary>Root-mean-square norm of each of `rows` rows of x (rows, columns), stored as activations in the layouts of the set.
    /// `pick` says which rows of x to take; null: the first `rows`. Waits.</summary>
    public Inputs Norm(float* x, int rows, int columns, float* weight, float epsilon, LayoutSet layouts, int* pick = null)
    {
        Inputs inputs = Scratch.Inputs(rows, columns, Thread);
        (int first, int last) = ShareRows(rows);
        for (int row = first; row < last; row++)
        {
            float* normed = Scratch.Row(Thread);
            RmsNorm.Compute(x + (long)(pick == null ? row : pick[row]) * columns, weight, epsilon, columns, normed);
            inputs.Store(layouts, normed, row);
        }
        if (rows > 1)
            Barrier();
        return inputs;
    }

    /// <summary>Rows of x (rows, columns), stored as activations in the layouts of the set. Waits.</summary>
    public Inputs Load(float* x, int rows, int columns, LayoutSet layouts)
    {
        Inputs inputs = Scratch.Inputs(rows, columns, Thread);
        (int first, int last) = ShareRows(rows);
        for (int row = first; row < last; row++)
            inputs.Store(layouts, x + (long)row * columns, row);
        if (rows > 1)
            Barrier();
        return inputs;
    }

    /// <summary>output (rows, outputs) = W·x + b, rows `stride` apart; of several matrices the outputs one after another. Does not wait.</summary>
    public void Project(Matrices matrices, Inputs inputs, int rows, float* output, long stride) =>
        Multiply(new MatrixWork { Matrices = matrices, Inputs = inputs, Rows = rows, Output = output, Stride = stride });

    /// <summary>The same, but row i goes to row `places`[i] of the output.</summary>
    public void ProjectTo(ReadOnlyMemory<int> places, Matrices matrices, Inputs inputs, float* output, long stride) =>
        Multiply(new MatrixWork { Matrices = matrices, Inputs = inputs, Rows = places.Length, Output = output, Stride = stride, Places = places });

    /// <summary>x (rows, outputs) += W·inputs + b. Waits.</summary>
    public void ProjectAdd(Matrices matrices, Inputs inputs, int rows, float* x)
    {
        Multiply(new MatrixWork { Matrices = matrices, Inputs = inputs, Rows = rows, Output = x, Stride = matrices.Outputs, Add = true });
        Barrier();
    }

    /// <summary>output (rows, outputs) = silu(gate·inputs) · (up·inputs). Waits.</summary>
    public void ProjectGated(Matrices gated, Inputs inputs, int rows, float* output)
    {
        Multiply(new MatrixWork { Matrices = gated, Inputs = inputs, Rows = rows, Output = output, Stride = gated.Outputs });
        Barrier();
    }

    private void Multiply(in MatrixWork work)
    {
        if (_crew != null)
        {
            Scratch.MatrixLoop.Work = work;
            _crew.Run(Scratch.MatrixLoop, work.Matrices.Groups);
            return;
        }
        MatrixWork batch = work.Rows > Lanes.Tokens ? work with { Matrices = work.Matrices.ForBatches } : work;
        int panel = batch.Matrices.PanelGroups;
        Deal deal = Deal(batch.Matrices.Groups);
        while (deal.Next(out int first, out int last))
        {
            for (int group = first; group < last; group += panel)
                MultiplyPanel(batch, group, Math.Min(group + panel, last));
        }
    }

    /// <summary>Some groups times all rows: a tile of rows meets all groups before the next tile comes, so that wide inputs pass through the caches once a panel.</summary>
    private void MultiplyPanel(in MatrixWork work, int first, int last)
    {
        float* sums = Scratch.Sums(Thread);
        byte* scratch = Scratch.Packed(Thread);
        (nint, nint)* weights = stackalloc (nint, nint)[Matrices.MostPanelGroups];
        for (int group = first; group < last; group++, scratch += work.Matrices.GroupBytes)
            weights[group - first] = work.Weights(group, scratch);
        for (int row = 0; row < work.Rows; row += Lanes.Tokens)
        {
            int tokens = Math.Min(Lanes.Tokens, work.Rows - row);
            for (int group = first; group < last; group++)
            {
                work.Compute(weights[group - first], group, row, tokens, sums);
                work.Store(group, row, tokens, sums);
            }
        }
    }

    /// <summary>A loop with work for all threads; waits in a led pass.</summary>
    public void Share(SharedLoop loop, int items)
    {
        if (_crew != null)
        {
            _crew.Run(loop, items);
            return;
        }
        Deal deal = Deal(items);
        while (deal.Next(out int first, out int last))
            loop.Run(Thread, first, last);
    }
}
