namespace Realm.Generation;

/// <summary>Long texts on their way to the <see cref="Scheduler"/>: made into ids one after the other, on a thread that is there while
/// there are any.</summary>
internal sealed class PromptQueue(Scheduler scheduler)
{
    private readonly Lock _gate = new();
    private readonly Queue<SequenceJob> _jobs = new();
    private bool _running;

    /// <summary>Takes a job in, of which <see cref="SequenceJob.TryLeaveQueue"/> has not been asked.</summary>
    public void Add(SequenceJob job)
    {
        lock (_gate)
        {
            if (!_running)
            {
                EngineThreads.Start("realm prompts", Run);
                _running = true;
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
                    _running = false;
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
