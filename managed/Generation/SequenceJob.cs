using Realm.Runtime;

namespace Realm.Generation;

/// <summary>A job that the <see cref="Scheduler"/> runs: one sequence through a model. All but the reader's side happens on the scheduler's thread.</summary>
public abstract unsafe class SequenceJob : Job
{
    private readonly OpenModel _model;

    private protected SequenceJob(OpenModel model, int[] prompt, delegate* unmanaged<void*, void> notify, void* user, bool streams)
        : base(notify, user, streams)
    {
        _model = model;
        Prompt = prompt;
    }

    /// <summary>The ids to start with.</summary>
    private protected int[] Prompt { get; }

    /// <summary>Of the prompt, how many ids the model has seen.</summary>
    private protected int Fed { get; set; }

    /// <summary>The sequence's state; null before the job's turn has come.</summary>
    private protected Session? Session { get; private set; }

    /// <inheritdoc/>
    private protected override long PromptTokens => Prompt.Length;

    /// <summary>Ids that it wants the model to see next.</summary>
    internal abstract int Wanted { get; }

    /// <summary>Beyond its prompt: it wants one row a pass, and soon; more if it has drafted.</summary>
    internal bool IsDecoding => Fed == Prompt.Length;

    /// <summary>Rows of this job in the pass under way.</summary>
    internal int RowsInPass { get; private set; }

    /// <summary>Of a decoding job, before <see cref="Feed"/>: lets it guess tokens for the next pass, which then are among those it wants.</summary>
    /// <param name="rows">Rows that the pass has anyway, one of them its own.</param>
    /// <param name="most">Rows that may be added.</param>
    /// <param name="costs">What rows cost.</param>
    /// <returns>How many tokens it has guessed.</returns>
    internal virtual int Draft(int rows, int most, PassCosts costs) => 0;

    /// <summary>Gives the job its state.</summary>
    internal void Begin(Model model) => Session ??= model.NewSession();

    /// <summary>Puts its next rows into the batch: at least one, at most <paramref name="limit"/>.</summary>
    internal void Feed(Batch batch, int limit)
    {
        RowsInPass = Math.Min(Wanted, limit);
        Add(batch, RowsInPass);
    }

    /// <summary>It has no rows in the next pass.</summary>
    internal void Skip() => RowsInPass = 0;

    /// <summary>The pass with its rows is done: takes the logits, and goes on or ends.</summary>
    internal abstract void Take(Batch batch, Sampling.SamplerScratch scratch);

    /// <summary>Ends it as cancelled.</summary>
    internal abstract void EndCancelled();

    /// <summary>Ends it as failed.</summary>
    internal abstract void EndFailed(RealmException failure);

    /// <summary>Gives back its state and its hold on the model, after its end.</summary>
    internal void Release()
    {
        Session?.Dispose();
        Session = null;
        _model.Forget(this);
    }

    /// <summary>Adds so many rows to the batch.</summary>
    private protected abstract void Add(Batch batch, int rows);

    /// <inheritdoc/>
    private protected override void OnCancel() => _model.Loaded.Scheduler.Interrupt();

    /// <inheritdoc/>
    private protected override void OnRoom() => _model.Loaded.Scheduler.Wake();
}
