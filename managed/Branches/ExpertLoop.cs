using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>One loop over the matrices of all experts that serve a row: an item is a group of 16 outputs of one of them, with all rows that it serves.</summary>
/// <remarks>In a small pass an expert serves up to 8 rows, one tile: a helper computes aside and stores at the end, as in other products.</remarks>
internal sealed unsafe class ExpertLoop : SharedLoop
{
    private Scratch _scratch = null!;
    private ExpertEntries _entries = null!;
    private Matrices[] _matrices = null!;
    private Inputs _inputs = null!;
    private RowBuffer _output = null!;
    private int _outputs;
    private bool _forBatches;

    // What a helper has taken: the pass may have gone on to another layer when it stores, but then it is refused.
    public override bool IsRepeatable => !_forBatches;

    /// <summary>Items.</summary>
    public int Count => _entries.ActiveCount * Groups;

    private int Groups => _matrices[0].Groups;

    /// <summary>What to do; every thread of a pass sets the same.</summary>
    public void Set(in Step step, ExpertEntries entries, Matrices[] matrices, Inputs inputs, RowBuffer output, int outputs)
    {
        _scratch = step.Scratch;
        _entries = entries;
        _matrices = matrices;
        _inputs = inputs;
        _output = output;
        _outputs = outputs;
        _forBatches = step.Count > Lanes.Tokens;
    }

    public override void Run(int thread, int first, int last)
    {
        float* sums = _scratch.Sums(thread);
        for (int item = first; item < last; item++)
        {
            MatrixWork work = Work(item, out int group, out int from, out int count);
            (nint, nint) weights = work.Weights(group, _scratch.Packed(thread));
            for (int row = from; row < from + count; row += Lanes.Tokens)
            {
                int tokens = Math.Min(Lanes.Tokens, from + count - row);
                work.Compute(weights, group, row, tokens, sums);
                work.Store(group, row, tokens, sums);
            }
        }
    }

    public override bool Compute(int thread, int first, int last, Claim claim)
    {
        float* results = _scratch.Results(thread), sums = _scratch.Sums(thread);
        for (int item = first; item < last; item++, results += Lanes.Tokens * Lanes.Rows)
        {
            // The leader may have finished without this thread and gone on. Then these are another pass's numbers, all of them within bounds.
            MatrixWork work = Work(item, out int group, out int from, out int count);
            if (!claim.IsValid)
                return false;
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
        int expert = _entries.Active(item / Groups);
        group = item % Groups;
        (from, count) = _entries.Run(expert);
        Matrices matrices = _matrices[expert];
        return new MatrixWork
        {
            Matrices = _forBatches ? matrices.ForBatches : matrices,
            Inputs = _inputs,
            Rows = count,
            Target = new Target(_output.Memory, _outputs),
        };
    }
}
