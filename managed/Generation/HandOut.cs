using Realm.Parallel;
using Realm.Runtime;
using Realm.Sampling;

namespace Realm.Generation;

/// <summary>
/// Gives the jobs of a pass their logits. Choosing tokens is work that jobs do apart, so the model's threads share it out; a thread that is
/// elsewhere is not waited for. What a job chooses depends on nothing but itself, so neither does its text on who did it.
/// </summary>
/// <param name="model">Whose pass it was.</param>
internal sealed class HandOut(Model model) : SharedLoop, IDisposable
{
    private readonly SamplerScratch?[] _scratch = new SamplerScratch?[model.Options.Threads];
    private readonly List<SequenceJob> _apart = [];
    private Batch? _batch;     // null: answers of callers are taken

    /// <inheritdoc/>
    public override bool IsRepeatable => false;

    /// <summary>Gives each job its logits; those of cancelled ones are dropped.</summary>
    public void Run(List<SequenceJob> jobs, Batch batch) => Run(jobs, batch, static job => job.RowsInPass > 0);

    /// <summary>Lets those choose whose callers have answered.</summary>
    public void RunAnswered(List<SequenceJob> jobs) => Run(jobs, null, static job => job.HasAnswer);

    private void Run(List<SequenceJob> jobs, Batch? batch, Predicate<SequenceJob> takesPart)
    {
        _batch = batch;
        foreach (SequenceJob job in jobs)
        {
            if (job.IsOver || !takesPart(job))
            {
                continue;
            }
            if (job.TakesApart)
            {
                _apart.Add(job);
            }
            else
            {
                Take(job, thread: 0);
            }
        }
        if (_apart.Count > 1)
        {
            model.Share(this, _apart.Count);
        }
        else
        {
            Run(0, 0, _apart.Count);
        }
        _apart.Clear();
        foreach (SequenceJob job in jobs)
        {
            try
            {
                job.Settle();
            }
            catch (Exception e)
            {
                job.EndFailed(RealmFailure.Of(e));
            }
        }
    }

    /// <inheritdoc/>
    public override void Run(int thread, int first, int last)
    {
        for (int i = first; i < last; i++)
        {
            Take(_apart[i], thread);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SamplerScratch? scratch in _scratch)
        {
            scratch?.Dispose();
        }
    }

    private void Take(SequenceJob job, int thread)
    {
        try
        {
            job.Take(_batch, _scratch[thread] ??= new SamplerScratch(model.Config.VocabSize));
        }
        catch (Exception e)
        {
            job.EndFailed(RealmFailure.Of(e));
        }
    }
}
