using Realm.Kernels;
using Realm.Parallel;

namespace Realm.Passes;

/// <summary>
/// One thread's view of a pass. In a pass over many rows all threads run the same code; each method below takes this thread's share and,
/// where it says so, waits for the others. A small pass (up to 8 rows) is run by one thread, as if there were no
/// other, and <see cref="HelperThreads"/> help it in the loops. Either way a layer reads as if one thread ran it.
/// </summary>
internal readonly unsafe struct Step
{
    private readonly SpinBarrier? _barrier;
    private readonly HelperThreads? _helpers;

    /// <summary>Thread `thread` of a pass that all threads of the barrier run.</summary>
    public Step(int thread, int threads, SpinBarrier barrier, Scratch scratch, RowSet rows, RowView stream)
    {
        Thread = thread;
        Threads = threads;
        _barrier = barrier;
        Scratch = scratch;
        Rows = rows;
        Stream = stream;
    }

    /// <summary>The thread that runs a small pass.</summary>
    public Step(HelperThreads helpers, Scratch scratch, RowSet rows, RowView stream)
    {
        Threads = 1;
        _helpers = helpers;
        Scratch = scratch;
        Rows = rows;
        Stream = stream;
    }

    public int Thread { get; }

    /// <summary>Threads that run this code.</summary>
    public int Threads { get; }

    public Scratch Scratch { get; }

    public RowSet Rows { get; }

    /// <summary>The residual stream, (rows, row size).</summary>
    public RowView Stream { get; }

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
        return ShareTiles(rows);
    }

    /// <summary>This thread's rows, whole tiles of 8.</summary>
    public (int First, int Last) ShareTiles(int rows)
    {
        (int first, int last) = Share((rows + Lanes.Tokens - 1) / Lanes.Tokens);
        return (Math.Min(rows, first * Lanes.Tokens), Math.Min(rows, last * Lanes.Tokens));
    }

    /// <summary>Shares out 0..`items` in portions; all threads must come by here.</summary>
    private SharedRange Range(int items) => new(Thread, Threads, items, Scratch.Counters.Next(Thread));

    /// <summary>Reads rows of x into activations, through a norm unless it is null; with `keep` also as plain numbers. `pick` says which rows of x to
    /// take; null: the first `rows`. Waits.</summary>
    public Source Read(RowView x, int rows, Norm? norm, SourceBuffer buffer, RowBuffer? keep = null, int* pick = null)
    {
        Inputs inputs = Scratch.Inputs(buffer, rows, Thread);
        (int first, int last) = ShareRows(rows);
        for (int row = first; row < last; row++)
        {
            float* values = x[pick == null ? row : pick[row]];
            if (norm != null)
            {
                float* normed = keep != null ? keep.Row(row) : Scratch.Row(Thread);
                norm.Compute(values, normed);
                values = normed;
            }
            else if (keep != null)
            {
                new ReadOnlySpan<float>(values, buffer.Columns).CopyTo(new Span<float>(keep.Row(row), buffer.Columns));
            }
            inputs.Store(buffer.Layouts, values, row);
        }
        if (rows > 1)
            Barrier();
        return new Source(inputs, rows, keep);
    }

    /// <summary>Rows of a buffer as activations. Waits.</summary>
    public Source Load(RowBuffer x, SourceBuffer buffer) => Read(x.View, Count, null, buffer);

    /// <summary>target (rows, outputs) = W·x + b, or += that; of several matrices the outputs one after another; of a gate and an up matrix their gated
    /// product; with what adapters add. Does not wait.</summary>
    public void Project(Matrices matrices, in Source source, in Target target) => Project(matrices, source, target, null);

    /// <summary>The same of a source that has the rows of the pass that `picked` names.</summary>
    public void Project(Matrices matrices, in Source source, in Target target, int* picked)
    {
        if (matrices.Changes is { } changes && changes.IsUsed(Rows))
            changes.Project(this, source, target, picked);
        else
            Multiply(matrices, source, target);
    }

    /// <summary>The same without what adapters add.</summary>
    public void Multiply(Matrices matrices, in Source source, in Target target) =>
        Multiply(new MatrixWork { Matrices = matrices, Inputs = source.Inputs, Rows = source.Count, Target = target });

    /// <summary>The same of this thread's rows alone, whole tiles of them, which are returned: for matrices with few outputs, and passes that are not
    /// led. Does not wait.</summary>
    public (int First, int Last) ProjectOwnRows(Matrices matrices, in Source source, in Target target)
    {
        (int first, int last) = ShareTiles(source.Count);
        MatrixWork work = new() { Matrices = matrices.ForBatches, Inputs = source.Inputs, Rows = source.Count, Target = target };
        int groups = work.Matrices.Groups, panel = work.Matrices.PanelGroups;
        for (int group = 0; group < groups; group += panel)
            MultiplyPanel(work, group, Math.Min(group + panel, groups), first, last);
        return (first, last);
    }

    /// <summary>The residual stream as a target.</summary>
    public Target Into(bool add, float scale = 1f) => new(Stream.Rows, Stream.Stride, add, scale);

    /// <summary>Stream += scale · norm(x); `norm` may be null. Waits.</summary>
    public void AddNormed(RowBuffer x, Norm? norm, float scale)
    {
        Target stream = Into(add: true, scale);
        (int first, int last) = Share(Count);
        for (int row = first; row < last; row++)
        {
            norm?.Apply(x.Row(row));
            stream.Put(row, x.Row(row), (int)x.Floats);
        }
        Barrier();
    }

    /// <summary>Stream = norm(stream). Waits.</summary>
    public void NormStream(Norm norm)
    {
        (int first, int last) = Share(Count);
        for (int row = first; row < last; row++)
            norm.Apply(Stream[row]);
        Barrier();
    }

    private void Multiply(in MatrixWork work)
    {
        if (_helpers != null)
        {
            Scratch.MatrixLoop.Work = work;
            _helpers.Run(Scratch.MatrixLoop, work.Matrices.Groups);
            return;
        }
        MatrixWork batch = work.Rows > Lanes.Tokens ? work with { Matrices = work.Matrices.ForBatches } : work;
        int panel = batch.Matrices.PanelGroups;
        SharedRange range = Range(batch.Matrices.Groups);
        while (range.Next(out int first, out int last))
        {
            for (int group = first; group < last; group += panel)
                MultiplyPanel(batch, group, Math.Min(group + panel, last), 0, batch.Rows);
        }
    }

    /// <summary>Some groups times some rows, whole tiles: a tile of rows meets all groups before the next tile comes, so that wide inputs pass through the caches once a panel.</summary>
    private void MultiplyPanel(in MatrixWork work, int first, int last, int firstRow, int lastRow)
    {
        float* sums = Scratch.Sums(Thread);
        byte* scratch = Scratch.Packed(Thread);
        (nint, nint)* weights = stackalloc (nint, nint)[Matrices.MostPanelGroups];
        for (int group = first; group < last; group++, scratch += work.Matrices.GroupBytes)
            weights[group - first] = work.Weights(group, scratch);
        for (int row = firstRow; row < lastRow && !Scratch.IsGivenUp(Thread); row += Lanes.Tokens)
        {
            int tokens = Math.Min(Lanes.Tokens, lastRow - row);
            for (int group = first; group < last; group++)
            {
                work.Compute(weights[group - first], group, row, tokens, sums);
                work.Store(group, row, tokens, sums);
            }
        }
    }

    /// <summary>A loop with work for all threads; waits in a small pass.</summary>
    public void Share(SharedLoop loop, int items)
    {
        if (_helpers != null)
        {
            _helpers.Run(loop, items);
            return;
        }
        SharedRange range = Range(items);
        while (range.Next(out int first, out int last))
            loop.Run(Thread, first, last);
    }
}
