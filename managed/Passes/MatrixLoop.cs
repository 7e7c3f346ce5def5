using Realm.Kernels;
using Realm.Parallel;

namespace Realm.Passes;

/// <summary>A <see cref="MatrixWork"/> of up to 8 rows as a loop of a <see cref="HelperThreads"/>.</summary>
internal sealed unsafe class MatrixLoop(Scratch scratch, int threads) : SharedLoop
{
    private readonly MatrixWork[] _taken = new MatrixWork[threads];
    private readonly WeightsAhead[] _ahead = Enumerable.Range(0, threads).Select(thread => new WeightsAhead(thread, threads)).ToArray();
    private MatrixWork _work;

    /// <summary>What to do; set by the leader between two loops.</summary>
    public MatrixWork Work
    {
        get => _work;
        set
        {
            if (_work.Matrices is { } last)
                last.Next = value.Matrices;
            _work = value;
        }
    }

    public override bool IsRepeatable => true;

    public override bool LooksAhead => true;

    public override void Run(int thread, int first, int last)
    {
        MatrixWork work = Work;
        Compute(work, thread, first, last);
        Store(work, thread, first, last);
    }

    public override bool Compute(int thread, int first, int last, Claim claim)
    {
        MatrixWork work = Work;
        if (!claim.IsValid)
            return false;
        _taken[thread] = work;
        Compute(work, thread, first, last);
        return true;
    }

    public override void Store(int thread, int first, int last) => Store(_taken[thread], thread, first, last);

    /// <summary>Asks for some of the weights that come next.</summary>
    public override void LookAhead(int thread)
    {
        // The leader may be changing the work. Only one reference is read of it; and weights are only asked for, which can't fail.
        if (_work.Matrices?.Next is { } next)
            _ahead[thread].Ask(next);
    }

    private void Compute(in MatrixWork work, int thread, int first, int last)
    {
        if (!scratch.IsGivenUp(thread))
            work.Compute(first, last, scratch.Packed(thread), scratch.Sums(thread), scratch.Results(thread));
    }

    private void Store(in MatrixWork work, int thread, int first, int last)
    {
        float* results = scratch.Results(thread);
        for (int group = first; group < last; group++, results += work.Rows * Lanes.Rows)
            work.Store(group, 0, work.Rows, results);
    }
}
