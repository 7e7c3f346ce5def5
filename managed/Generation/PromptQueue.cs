namespace Realm.Generation;

/// <summary>Jobs on their way to the <see cref="Scheduler"/> that take long to get ready: one after the other, on threads that are there
/// while there are any.</summary>
/// <param name="scheduler">Where they go.</param>
/// <param name="name">Of the threads.</param>
/// <param name="most">Threads at most.</param>
internal sealed class PromptQueue(Scheduler scheduler, string name, int most)
{
    /// <summary>Formats compiled at one time; each takes two seconds at most.</summary>
    public const int FormatThreads = 4;

    private readonly Lock _gate = new();
    private readonly Queue<SequenceJob> _jobs = new();
    private int _running;

    /// <summary>Takes a job in, of which <see cref="SequenceJob.TryLeaveQueue"/> has not been asked.</summary>
    public void Add(SequenceJob job)
    {
        lock (_gate)
        {
            if (_running < most)
            {
                EngineThreads.Start(name, Run);
                _running++;
            }
            _jobs.Enqueue(job);
        }
    }

    private void Run()
    {
        while (true)
        {
            SequenceJob? job;
            lock (_gate)
            {
                if (!_jobs.TryDequeue(out job))
                {
                    _running--;
                    return;
                }
            }
            try
            {
                job.Prepare();
                if (job.TryLeaveQueue())
                {
                    scheduler.Submit(job);
                    continue;
                }
            }
            catch (Exception e)
            {
                job.EndFailed(RealmFailure.Of(e));
            }
            job.Release();
        }
    }
}
