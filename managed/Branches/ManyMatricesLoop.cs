using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>One loop over many matrices of one shape, each times a run of rows: an item is a group of 16 outputs of one of them, with all
/// its rows.</summary>
/// <remarks>In a small pass a run has up to 8 rows, one tile: a helper computes aside and stores at the end, as in other products. Where
/// runs may be longer it stores at once.</remarks>
/// <param name="runs">The rows of each matrix.</param>
/// <param name="matrices">The matrices.</param>
/// <param name="changesApart">What adapters add is somebody else's.</param>
internal sealed unsafe class ManyMatricesLoop(RowRuns runs, Matrices[] matrices, bool changesApart = false) : SharedLoop
{
    private readonly int _groups = !changesApart && matrices.Any(m => m.Changes != null)
        ? throw new RealmException(ErrorCode.Unsupported, "an adapter changes matrices that heads have one each of; that is not supported")
        : matrices[0].Groups;
    private Scratch _scratch = null!;
    private Inputs _inputs = null!;
    private float* _output;
    private long _stride;
    private long _step;
    private bool _forBatches;

    // What a helper has taken: the pass may have gone on to another layer when it stores, but then it is refused.
    public override bool IsRepeatable => !_forBatches && runs.FitTiles;

    /// <summary>Items.</summary>
    public int Count => checked(runs.Count * _groups);

    /// <summary>The widest asker of these matrices.</summary>
    public void Ask(Needs needs, int mostRuns) => needs.Product(matrices.MaxBy(m => m.GroupBytes)!, checked(mostRuns * _groups));

    /// <summary>The same of matrices that are packed whenever they are used.</summary>
    public void AskUnpacked(Needs needs, int mostRuns)
    {
        Ask(needs, mostRuns);
        needs.UnpackedProduct(matrices.MaxBy(m => m.GroupBytes)!);
    }

    /// <summary>All products, row r of the inputs to row r of the output. Waits.</summary>
    public void Run(in Step step, Inputs inputs, RowBuffer output)
    {
        Set(step, inputs, output.Memory, output.Floats);
        step.Share(this, Count);
        step.Barrier();
    }

    /// <summary>Where to read and write; every thread of a pass sets the same. Row r of matrix m's results goes to output + m · step + r ·
    /// stride.</summary>
    public void Set(in Step step, Inputs inputs, float* output, long stride, long matrixStep = 0)
    {
        _scratch = step.Scratch;
        _inputs = inputs;
        _output = output;
        _stride = stride;
        _step = matrixStep;
        _forBatches = step.Count > Lanes.Tokens;
    }

    public override void Run(int thread, int first, int last)
    {
        for (int item = first; item < last;)
        {
            MatrixWork work = Work(item, out int group, out int from, out int count);
            int end = Math.Min(group + Math.Min(work.Matrices.PanelGroups, last - item), _groups);
            item += end - group;
            RunPanel(work, thread, group, end, from, count);
        }
    }

    // A tile of rows meets all groups of a panel before the next tile comes.
    private void RunPanel(in MatrixWork work, int thread, int first, int last, int from, int count)
    {
        float* sums = _scratch.Sums(thread);
        byte* scratch = _scratch.Packed(thread);
        (nint, nint)* weights = stackalloc (nint, nint)[Matrices.MostPanelGroups];
        for (int group = first; group < last; group++, scratch += work.Matrices.GroupBytes)
            weights[group - first] = work.Weights(group, scratch);
        for (int row = from; row < from + count && !_scratch.IsGivenUp(thread); row += Lanes.Tokens)
        {
            int tokens = Math.Min(Lanes.Tokens, from + count - row);
            for (int group = first; group < last; group++)
            {
                work.Compute(weights[group - first], group, row, tokens, sums);
                work.Store(group, row, tokens, sums);
            }
        }
    }

    public override bool Compute(int thread, int first, int last, Claim claim)
    {
        float* results = _scratch.Results(thread), sums = _scratch.Sums(thread);
        for (int item = first; item < last; item++, results += Lanes.Tokens * Lanes.Rows)
        {
            // The leader may have finished without this thread and gone on. Then these are another pass's numbers, all of them within
            // bounds.
            MatrixWork work = Work(item, out int group, out int from, out int count);
            if (!claim.IsValid)
                return false;
            if (_scratch.IsGivenUp(thread))
                continue;
            work.Compute(work.Weights(group, _scratch.Packed(thread)), group, from, Math.Clamp(count, 1, Lanes.Tokens), sums);
            new ReadOnlySpan<float>(sums, Lanes.Tokens * Lanes.Rows).CopyTo(new Span<float>(results, Lanes.Tokens * Lanes.Rows));
        }
        return true;
    }

    public override void Store(int thread, int first, int last)
    {
        float* results = _scratch.Results(thread);
        for (int item = first; item < last; item++, results += Lanes.Tokens * Lanes.Rows)
        {
            MatrixWork work = Work(item, out int group, out int from, out int count);
            work.Store(group, from, count, results);
        }
    }

    private MatrixWork Work(int item, out int group, out int from, out int count)
    {
        int matrix = runs.Matrix(item / _groups);
        group = item % _groups;
        (from, count) = runs.Run(matrix);
        Matrices work = matrices[matrix];
        return new MatrixWork
        {
            Matrices = _forBatches ? work.ForBatches : work,
            Inputs = _inputs,
            Rows = count,
            Target = new Target(_output + matrix * _step, _stride),
        };
    }
}
