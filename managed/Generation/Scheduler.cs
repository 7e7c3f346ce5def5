namespace Realm.Generation;

/// <summary>
/// Runs all jobs of one loaded model on one thread, pass after pass (<see cref="SharedPass"/>): the weights are read once for all of
/// them. Jobs are let in one after the other (<see cref="Admission{T}"/>); one that waits for its caller gives its place to others, and
/// goes on when there is one again. The thread starts with the first job and sleeps when there is nothing to do.
/// </summary>
internal sealed class Scheduler(LoadedModel owner)
{
    /// <summary>Sequences that go through passes at one time; more jobs wait their turn.</summary>
    private const int MostActive = 64;

    /// <summary>Jobs that wait at most: each has its prompt in memory.</summary>
    private const int MostWaiting = 1 << 16;

    private readonly object _gate = new();
    private readonly Admission<SequenceJob> _admission = new(MostActive, MostWaiting);
    private readonly List<SequenceJob> _active = new(MostActive);
    private readonly List<SequenceJob> _leaving = [];
    private readonly SharedPass _pass = new(owner, MostActive);
    private Thread? _thread;
    private int _inLine;
    private bool _stopping;

    /// <summary>What rows cost on this model, for those who could use more than one.</summary>
    public PassCosts Costs => _pass.Costs;

    /// <summary>The last passes.</summary>
    public PassLog Passes => _pass.Log;

    /// <summary>One more wants to begin, and counts from now until it ends, wherever it waits.</summary>
    /// <param name="maxQueue">How many may wait; null: he does not ask.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.Busy"/>: then it does not count.</exception>
    public void Enter(int? maxQueue)
    {
        int before = Interlocked.Increment(ref _inLine) - 1;
        if (maxQueue is { } most && before >= (long)MostActive + most)
        {
            Leave();
            throw new RealmException(ErrorCode.Busy,
                $"{MostActive} calls are at work on the model and {before - MostActive} wait: maxQueue is {most}");
        }
    }

    /// <summary>One who entered has ended.</summary>
    public void Leave() => Interlocked.Decrement(ref _inLine);

    /// <summary>Takes a job in. It ends by itself, is cancelled, or fails.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Shutdown"/>; <see cref="ErrorCode.Busy"/>.</exception>
    public void Submit(SequenceJob job)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                throw new RealmException(ErrorCode.Shutdown,
                    "the model takes no more work: the engine is shutting down, or its thread has failed");
            }
            _thread ??= EngineThreads.Start("realm engine", Run);
            _admission.Add(job, job.Priority);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>A job can go on.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>A job was cancelled just now. One that waits ends at once, on this thread.</summary>
    public void Cancelled(SequenceJob job)
    {
        var waiting = new List<SequenceJob>();
        lock (_gate)
        {
            _admission.Take(other => other == job, waiting);
        }
        if (waiting.Count > 0)
        {
            job.EndAndRelease();
            return;
        }
        _pass.Leave(job);
        Wake();
    }

    /// <summary>Ends all jobs as cancelled, and the thread; it then tells the owner
    /// (<see cref="LoadedModel.OnSchedulerEnded"/>).</summary>
    /// <returns>The thread, which may have ended already; null: there never was one, and the owner is told nothing.</returns>
    public Thread? Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            _pass.BreakOff();
            Monitor.Pulse(_gate);
            return _thread;
        }
    }

    private void Run()
    {
        RealmException? failure = null;
        try
        {
            while (NextTurn())
            {
                _pass.Run(_active);
            }
        }
        catch (Exception e)
        {
            failure = RealmFailure.Of(e);
        }
        finally
        {
            _pass.Dispose();
            EndAll(failure);
            owner.OnSchedulerEnded();
        }
    }

    /// <summary>Waits until at least one job has rows to run. Ends those that were cancelled, begins those that waited.</summary>
    /// <returns>False: the thread shall end.</returns>
    private bool NextTurn()
    {
        while (true)
        {
            // A job that is cancelled after the look below asks to break off the pass that comes.
            _pass.Clear();
            lock (_gate)
            {
                if (_stopping)
                {
                    return false;
                }
                _admission.Take(job => job.IsOverdue, _leaving);
                int taken = TakePlaces();
                while (_admission.TryAdmit(taken, out SequenceJob job))
                {
                    job.HasPlace = true;
                    taken++;
                    _active.Add(job);
                }
            }
            _leaving.ForEach(job => job.EndAndRelease());
            _leaving.Clear();
            // Before others begin: they find what those who leave have left.
            DropOver();
            foreach (SequenceJob job in _active)
            {
                // In the order in which they came: the first computes what others wait for.
                job.TryBegin(owner.Model);
            }
            _pass.TakeAnswers(_active);
            if (DropOver())
            {
                // Who waited for a page of one of them must look again.
                continue;
            }
            if (_active.Exists(job => !job.IsIdle))
            {
                return true;
            }
            lock (_gate)
            {
                // What came since the last look: its pulse would be missed.
                if (!_stopping && !_admission.IsOpen(TakePlaces()) && _active.TrueForAll(job => job.IsIdle && !job.IsOver && !job.HasAnswer))
                {
                    Monitor.Wait(_gate, UntilDeadline());
                }
            }
        }
    }

    /// <summary>Those who wait for their callers have no place; those who no longer do get one, before others begin.</summary>
    /// <returns>How many places are taken.</returns>
    private int TakePlaces()
    {
        int taken = 0;
        foreach (SequenceJob job in _active)
        {
            job.HasPlace &= !job.AwaitsCaller;
            taken += job.HasPlace ? 1 : 0;
        }
        foreach (SequenceJob job in _active)
        {
            if (!job.HasPlace && taken < MostActive && !job.AwaitsCaller)
            {
                job.HasPlace = true;
                taken++;
            }
        }
        return taken;
    }

    /// <summary>Takes leave of those that have ended, or that nobody wants any more.</summary>
    /// <returns>Whether there were any.</returns>
    private bool DropOver()
    {
        int before = _active.Count;
        for (int i = before - 1; i >= 0; i--)
        {
            SequenceJob job = _active[i];
            if (job.IsOver || job.IsFinished)
            {
                _active.RemoveAt(i);
                job.EndAndRelease();
            }
        }
        return _active.Count < before;
    }

    /// <summary>Milliseconds until somebody's time is over; -1: nobody's ever is.</summary>
    private int UntilDeadline()
    {
        long first = long.MaxValue;
        foreach (SequenceJob job in _active)
        {
            first = Math.Min(first, job.Deadline);
        }
        // Those who wait do so because others are at work: the end of a pass is soon enough, or this.
        long limit = _admission.Waiting > 0 ? 1000 : int.MaxValue;
        return first == long.MaxValue && limit == int.MaxValue ? -1 : (int)Math.Clamp(first - Environment.TickCount64, 0, limit);
    }

    /// <summary>Ends all jobs: as failed, or as cancelled.</summary>
    private void EndAll(RealmException? failure)
    {
        lock (_gate)
        {
            _stopping = true;
            _admission.Take(_ => true, _active);
        }
        foreach (SequenceJob job in _active)
        {
            if (failure == null)
            {
                job.EndCancelled();
            }
            else
            {
                job.EndFailed(failure);
            }
            job.Release();
        }
        _active.Clear();
    }
}
