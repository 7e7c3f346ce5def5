using Realm.Runtime;

namespace Realm.Generation;

/// <summary>
/// One pass through a model for several jobs: plans who gets how many rows (<see cref="BatchPlan"/>), runs it and hands out the
/// results. Sums do not depend on what else is in a batch, so a job's result does not either. All but <see cref="Leave"/> and
/// <see cref="BreakOff"/> is the scheduler's thread's.
/// </summary>
/// <param name="owner">Whose model.</param>
/// <param name="most">Jobs at most.</param>
internal sealed class SharedPass(LoadedModel owner, int most) : IDisposable
{
    private readonly BatchPlan _plan = new(most);
    private readonly PassUnderWay _underWay = new();
    private volatile Batch? _batch;
    private HandOut? _handOut;
    private List<SequenceJob> _jobs = [];   // of the pass under way

    /// <summary>What rows cost.</summary>
    public PassCosts Costs { get; } = new();

    /// <summary>The last passes.</summary>
    public PassLog Log { get; } = new();

    /// <summary>A job no longer wants its rows: breaks off the pass (jobs that go on do it again), unless it is nearly done and others
    /// are in it.</summary>
    public void Leave(SequenceJob job)
    {
        if (!_underWay.IsWorthFinishing(without: job.RowsInPass))
        {
            BreakOff();
        }
    }

    /// <summary>Breaks off the pass under way, or the one that begins next without another <see cref="Clear"/>.</summary>
    public void BreakOff()
    {
        if (_batch is { } batch)
        {
            batch.Cancel = true;
        }
    }

    /// <summary>Takes all rows out.</summary>
    public void Clear() => _batch?.Clear();

    /// <summary>Lets those choose their next token whose callers have changed the logits. Jobs may have ended by it.</summary>
    public void TakeAnswers(List<SequenceJob> jobs)
    {
        if (jobs.Exists(static job => job.HasAnswer))
        {
            _handOut?.RunAnswered(jobs);
        }
    }

    /// <summary>Runs a pass, after <see cref="Clear"/>. Jobs may have ended by it.</summary>
    /// <param name="jobs">All that are at work, at least one.</param>
    public void Run(List<SequenceJob> jobs)
    {
        if (_batch is not { } batch || _handOut is not { } handOut)
        {
            GetReady(jobs);
            return;
        }
        try
        {
            _plan.Make(jobs, batch.Capacity);
            if (!Feed(jobs, batch) || batch.Count == 0 || !Forward(jobs, batch))
            {
                // Broken off, or not begun: the sequences are as they were. Who was not cancelled will be in the next pass again.
                return;
            }
        }
        catch (Exception e)
        {
            // Whose fault it was cannot be told: all that took part fail, the others go on.
            Fail(jobs, RealmFailure.Of(e), all: false);
            return;
        }
        handOut.Run(jobs, batch);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _batch?.Dispose();
        _batch = null;
        _handOut?.Dispose();
        _handOut = null;
    }

    /// <summary>Takes memory. A cancellation may have come before there was a batch to break off: the jobs must be looked at
    /// again.</summary>
    private void GetReady(List<SequenceJob> jobs)
    {
        try
        {
            _handOut ??= new HandOut(owner.Model);
            if (_batch == null)
            {
                Batch batch = owner.Model.NewBatch();
                batch.Overdue = IsToEnd;
                _batch = batch;
            }
        }
        catch (Exception e)
        {
            Fail(jobs, RealmFailure.Of(e), all: true);
        }
    }

    /// <summary>Puts the rows that are planned into the empty batch.</summary>
    /// <returns>False: a job failed, whose rows may be in the batch already.</returns>
    private bool Feed(List<SequenceJob> jobs, Batch batch)
    {
        foreach (SequenceJob job in jobs)
        {
            job.Skip();
        }
        for (int i = 0; i < _plan.Count; i++)
        {
            (int member, int rows) = _plan[i];
            try
            {
                jobs[member].Feed(batch, rows);
            }
            catch (Exception e)
            {
                jobs[member].EndFailed(RealmFailure.Of(e));
                return false;
            }
        }
        return true;
    }

    /// <summary>Somebody's time is over within a pass: whether it is broken off for that, as for one who leaves.</summary>
    private bool IsToEnd()
    {
        int rows = 0;
        foreach (SequenceJob job in _jobs)
        {
            rows += job.IsOverdue ? job.RowsInPass : 0;
        }
        return rows > 0 && !_underWay.IsWorthFinishing(without: rows);
    }

    private bool Forward(List<SequenceJob> jobs, Batch batch)
    {
        _jobs = jobs;
        batch.Deadline = long.MaxValue;
        int prompt = 0;
        for (int i = 0; i < _plan.Count; i++)
        {
            (int member, int rows) = _plan[i];
            batch.Deadline = Math.Min(batch.Deadline, jobs[member].Deadline);
            prompt += jobs[member].IsDecoding ? 0 : rows;
        }
        _underWay.Begin(batch.Count);
        bool done = false;
        try
        {
            return done = owner.Model.Forward(batch);
        }
        finally
        {
            long ticks = _underWay.End(done);
            Log.Note(ticks, prompt, batch.Count - prompt, _plan.Count, done);
            if (done && _plan.AllDecode)
            {
                Costs.Note(batch.Count, ticks);
            }
        }
    }

    private static void Fail(List<SequenceJob> jobs, RealmException failure, bool all)
    {
        foreach (SequenceJob job in jobs)
        {
            if (all || job.RowsInPass > 0)
            {
                job.EndFailed(failure);
            }
        }
    }
}
