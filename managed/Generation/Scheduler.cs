using System.Diagnostics;
using Realm.Runtime;
using Realm.Sampling;

namespace Realm.Generation;

/// <summary>
/// Runs all jobs of one loaded model on one thread: each pass through the model takes rows of every active job, so that the weights are read
/// once for all of them. Generating jobs have one row each, and rows of guessed tokens while those cost less than they bring; prompts share what is left. The thread starts with the first job and sleeps when
/// there is none. Sums do not depend on what else is in a batch, so a job's result does not either.
/// </summary>
internal sealed class Scheduler(LoadedModel owner)
{
    /// <summary>Sequences with state at one time; more jobs wait their turn.</summary>
    private const int MaxActive = 64;

    /// <summary>Rows of prompts in a pass that generating jobs take part in: they wait for the whole pass before their next token.</summary>
    private const int PromptRowsBesideDecoding = 128;

    private readonly object _gate = new();
    private readonly Queue<SequenceJob> _waiting = new();
    private readonly List<SequenceJob> _active = new(MaxActive);
    private readonly PassCosts _costs = new();
    private Batch? _batch;
    private SamplerScratch? _scratch;
    private Thread? _thread;
    private bool _stopping;
    private int _turn;
    private bool _allDecode;    // the pass under way has no rows of prompts

    /// <summary>Takes a job in. It ends by itself, is cancelled, or fails.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Shutdown"/>.</exception>
    public void Submit(SequenceJob job)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                throw new RealmException(ErrorCode.Shutdown, "the model takes no more work: the engine is shutting down, or its thread has failed");
            }
            _thread ??= EngineThreads.Start("realm engine", Run);
            _waiting.Enqueue(job);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>A job can go on, or was cancelled while nothing runs.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Breaks off the pass under way (jobs that go on do it again), because one of its jobs was cancelled just now.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            if (_batch is { } batch)
            {
                batch.Cancel = true;
            }
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends all jobs as cancelled, and the thread; it then tells the owner (<see cref="LoadedModel.OnSchedulerEnded"/>).</summary>
    /// <returns>The thread, which may have ended already; null: there never was one, and the owner is told nothing.</returns>
    public Thread? Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Interrupt();
            return _thread;
        }
    }

    private void Run()
    {
        try
        {
            while (NextTurn())
            {
                Pass();
            }
        }
        catch (Exception e)
        {
            FailAll(RealmFailure.Of(e));
        }
        finally
        {
            lock (_gate)
            {
                _stopping = true;
                _batch?.Dispose();
                _batch = null;
                _scratch?.Dispose();
            }
            FailAll(null);
            owner.OnSchedulerEnded();
        }
    }

    /// <summary>Waits until at least one job has rows to run. Ends those that were cancelled, begins those that waited.</summary>
    /// <returns>False: the thread shall end.</returns>
    private bool NextTurn()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_stopping)
                {
                    return false;
                }
                while (_active.Count < MaxActive && _waiting.TryDequeue(out SequenceJob? job))
                {
                    _active.Add(job);
                }
                _batch?.Clear();
            }
            // A job that is cancelled after this look sets the batch's flag after Clear has reset it.
            bool runnable = false;
            for (int i = _active.Count - 1; i >= 0; i--)
            {
                SequenceJob job = _active[i];
                if (job.IsCancelRequested)
                {
                    job.EndCancelled();
                    Drop(i);
                }
                else
                {
                    runnable |= !job.IsFull;
                }
            }
            if (runnable)
            {
                return true;
            }
            lock (_gate)
            {
                if (!_stopping && !AnythingNew())
                {
                    Monitor.Wait(_gate);
                }
            }
        }
    }

    /// <summary>Under the lock: something that came since the last look, and whose pulse would be missed.</summary>
    private bool AnythingNew()
    {
        if (_waiting.Count > 0 && _active.Count < MaxActive)
        {
            return true;
        }
        foreach (SequenceJob job in _active)
        {
            if (job.IsCancelRequested || !job.IsFull)
            {
                return true;
            }
        }
        return false;
    }

    private void Pass()
    {
        try
        {
            if (_batch == null)
            {
                Batch batch = owner.Model.NewBatch();
                lock (_gate)
                {
                    _batch = batch;
                }
                // A cancellation that came before there was a flag to set: look again.
                return;
            }
            _scratch ??= new SamplerScratch(owner.Model.Config.VocabSize);
            if (!Fill(_batch) || _batch.Count == 0)
            {
                DropFinished();
                return;
            }
            long start = Stopwatch.GetTimestamp();
            if (!owner.Model.Forward(_batch))
            {
                // Broken off; the sequences are as they were. Who was not cancelled will be in the next pass again.
                return;
            }
            if (_allDecode)
            {
                _costs.Note(_batch.Count, Stopwatch.GetTimestamp() - start);
            }
        }
        catch (Exception e)
        {
            // Whose fault it was cannot be told: all that took part fail, the others go on.
            RealmException failure = RealmFailure.Of(e);
            for (int i = _active.Count - 1; i >= 0; i--)
            {
                if (_active[i].RowsInPass > 0 || _batch == null || _scratch == null)
                {
                    _active[i].EndFailed(failure);
                    Drop(i);
                }
            }
            return;
        }
        TakeResults(_batch, _scratch);
    }

    /// <summary>Into the empty batch: generating jobs first, then prompts in equal shares. Who is served first changes from pass to pass.</summary>
    /// <returns>False: a job failed, whose rows may be in the batch already.</returns>
    private bool Fill(Batch batch)
    {
        int count = _active.Count;
        _turn = (_turn + 1) % count;
        int prompts = 0;
        int rows = 0;   // that the pass has anyway
        foreach (SequenceJob job in _active)
        {
            job.Skip();
            if (job.IsFull)
            {
                continue;
            }
            prompts += job.IsDecoding ? 0 : 1;
            rows += job.IsDecoding ? 1 : Math.Min(job.Wanted, PromptRowsBesideDecoding);
        }
        _allDecode = prompts == 0;
        for (int i = 0; i < count; i++)
        {
            SequenceJob job = _active[(_turn + i) % count];
            if (!job.IsDecoding || job.IsFull)
            {
                continue;
            }
            int drafted = job.Draft(rows, batch.Capacity - MaxActive - batch.Count, _costs);
            rows += drafted;
            if (!Feed(batch, job, 1 + drafted))
            {
                return false;
            }
        }
        int room = batch.Capacity - batch.Count;
        if (batch.Count > 0)
        {
            room = Math.Min(room, PromptRowsBesideDecoding);
        }
        for (int i = 0; i < count && room > 0; i++)
        {
            SequenceJob job = _active[(_turn + i) % count];
            if (job.IsDecoding)
            {
                continue;
            }
            if (!Feed(batch, job, Math.Max(1, room / prompts)))
            {
                return false;
            }
            room -= job.RowsInPass;
            prompts--;
        }
        return true;
    }

    /// <returns>False: the job failed. (There may be no memory for its state: the others need not suffer.)</returns>
    private bool Feed(Batch batch, SequenceJob job, int limit)
    {
        try
        {
            job.Begin(owner.Model);
            job.Feed(batch, limit);
            return true;
        }
        catch (Exception e)
        {
            job.EndFailed(RealmFailure.Of(e));
            return false;
        }
    }

    private void TakeResults(Batch batch, SamplerScratch scratch)
    {
        for (int i = _active.Count - 1; i >= 0; i--)
        {
            SequenceJob job = _active[i];
            if (job.RowsInPass > 0)
            {
                try
                {
                    job.Take(batch, scratch);
                }
                catch (Exception e)
                {
                    job.EndFailed(RealmFailure.Of(e));
                }
            }
        }
        DropFinished();
    }

    private void DropFinished()
    {
        for (int i = _active.Count - 1; i >= 0; i--)
        {
            if (_active[i].IsFinished)
            {
                Drop(i);
            }
        }
    }

    private void Drop(int i)
    {
        SequenceJob job = _active[i];
        _active.RemoveAt(i);
        job.Release();
    }

    /// <summary>Ends all jobs: as failed, or as cancelled.</summary>
    private void FailAll(RealmException? failure)
    {
        lock (_gate)
        {
            _stopping = true;
            _active.AddRange(_waiting);
            _waiting.Clear();
        }
        for (int i = _active.Count - 1; i >= 0; i--)
        {
            if (failure == null)
            {
                _active[i].EndCancelled();
            }
            else
            {
                _active[i].EndFailed(failure);
            }
            Drop(i);
        }
    }
}
