using Realm.Runtime;
using Realm.State;

namespace Realm.Generation;

/// <summary>A job that the <see cref="Scheduler"/> runs: one sequence through a model. All but the reader's side happens on the
/// scheduler's thread.</summary>
public abstract unsafe class SequenceJob : Job, IPlanned
{
    private readonly OpenModel _model;
    private readonly Prompt _prompt;
    private bool _isPrepared;
    private bool _isQueued;
    private CachedPrefix? _prefix;
    private int _kept;      // positions of the sequence when they were last put into the cache
    private int _promptTokens;
    private bool _awaitsPage;
    private bool _hasTaken;
    private bool _isInLine;

    /// <param name="model">Whose.</param>
    /// <param name="prompt">What it starts with.</param>
    /// <param name="isLong">Getting ready takes so long, for whatever reason, that it is for the <see cref="PromptQueue"/>.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    private protected SequenceJob(OpenModel model, Prompt prompt, bool isLong, delegate* unmanaged<void*, void> notify, void* user)
        : base(notify, user)
    {
        _model = model;
        _prompt = prompt;
        IsIndivisible = model.Loaded.Model.ReadsWholeTexts;
        _isQueued = IsLong = isLong;
    }

    /// <inheritdoc/>
    bool IPlanned.IsIdle => IsIdle;

    /// <inheritdoc/>
    int IPlanned.Wanted => IsDecoding || _prefix == null ? Wanted : _prefix.Rows(Fed, Wanted);

    /// <inheritdoc/>
    public bool IsIndivisible { get; }

    /// <inheritdoc/>
    public Priority Priority { get; private protected init; } = Priority.Normal;

    /// <inheritdoc/>
    public int PassesWaited { get; private set; }

    /// <summary>Beyond its prompt: it wants one row a pass, and soon; more if it has drafted.</summary>
    public bool IsDecoding => Fed == Prompt.Length;

    /// <summary>Its preparation is for the <see cref="PromptQueue"/>.</summary>
    internal bool IsLong { get; }

    /// <summary>It can take no row now: it has no place, its caller has not come to it, or another job computes what it would.</summary>
    internal bool IsIdle => !HasPlace || _awaitsPage || AwaitsCaller;

    /// <summary>It is one of those that go through passes together. The scheduler says so.</summary>
    internal bool HasPlace { get; set; }

    /// <summary>Its caller is to do something first: to answer, or to read what is there.</summary>
    internal bool AwaitsCaller => AwaitsAnswer || IsFull;

    /// <summary>The caller is at the logits of its next token, or has answered and it has not chosen yet.</summary>
    internal virtual bool AwaitsAnswer => false;

    /// <summary>The caller has answered: it can choose its next token.</summary>
    internal virtual bool HasAnswer => false;

    /// <summary>Where it gets ready if that takes long.</summary>
    internal virtual PromptQueue Queue => _model.Loaded.Prompts;

    /// <summary>Nobody wants more of it.</summary>
    internal bool IsOver => IsCancelRequested || IsOverdue;

    /// <summary>Rows of this job in the pass under way.</summary>
    internal int RowsInPass { get; private set; }

    /// <summary>Ids that it wants the model to see next.</summary>
    internal abstract int Wanted { get; }

    /// <summary>The model that its opener shares with others.</summary>
    private protected LoadedModel Loaded => _model.Loaded;

    /// <summary>The ids to start with.</summary>
    private protected int[] Prompt => _prompt.Ids;

    /// <summary>Of the prompt, how many ids the model has seen.</summary>
    private protected int Fed { get; set; }

    /// <summary>The session that it goes on with; null: its sequence is its own.</summary>
    private protected OpenSession? Target { get; init; }

    /// <summary>Positions of the sequence that hold what <see cref="Text"/> says, and no guesses.</summary>
    private protected int Known { get; set; }

    /// <summary>Of those, how many the model had seen before the job began.</summary>
    private protected int Cached { get; private set; }

    /// <summary>Beginnings of texts that the model has seen may be used, and this one kept.</summary>
    private protected virtual bool UsesCache => false;

    /// <summary>How strong each of the model's adapters is for this sequence; null: as they were opened.</summary>
    private protected virtual float[]? AdapterScales => null;

    /// <summary>The sequence's state; null before the job's turn has come.</summary>
    private protected Session? Session { get; private set; }

    /// <inheritdoc/>
    private protected override JobFigures Figures => new(_promptTokens, Cached);

    /// <inheritdoc/>
    int IPlanned.Extra(int rows, int room) => Extra(rows, room);

    /// <inheritdoc cref="IPlanned.Extra"/>
    internal virtual int Extra(int rows, int room) => 0;

    /// <summary>Makes ids of the prompt, and whatever else needs them. On the thread of the scheduler or of the prompts' queue.</summary>
    internal void Prepare()
    {
        if (!_isPrepared)
        {
            _isPrepared = true;
            _prompt.Encode(_model.Loaded.Tokenizer!, _model.Config);
            OnPrepared();
            _promptTokens = Prompt.Length;
        }
    }

    /// <summary>Is ready for the scheduler.</summary>
    /// <returns>False: it has ended in the queue.</returns>
    internal bool TryLeaveQueue()
    {
        lock (Mailbox.Gate)
        {
            _isQueued = false;
            return !IsFinished;
        }
    }

    /// <summary>Positions that its sequence may come to hold.</summary>
    private protected virtual long Longest => Prompt.Length;

    /// <summary>Gives the job its state, and what others have computed of it.</summary>
    internal void Begin(Model model)
    {
        Prepare();
        if (Session == null)
        {
            Session = Target?.Lend(model, Prompt, Longest, AdapterScales) ?? model.NewSession(Longest, AdapterScales);
            Fed = Known = Cached = Session.Length;
            EnterCache();
            LookUp();
        }
        else if (_awaitsPage)
        {
            LookUp();
        }
    }

    /// <summary>Gives the job its state, if it has none and anybody still wants it, or looks whether what it waits for is there. There
    /// may be no memory for it, or its text may be too long: then it ends.</summary>
    internal void TryBegin(Model model)
    {
        try
        {
            if (!IsOver)
            {
                Begin(model);
            }
        }
        catch (Exception e)
        {
            EndFailed(RealmFailure.Of(e));
        }
    }

    /// <summary>Puts its next rows into the batch, side by side.</summary>
    internal void Feed(Batch batch, int rows)
    {
        RowsInPass = rows;
        PassesWaited = 0;
        try
        {
            // Here, so that what there is no memory for is this job's end alone.
            Session!.Reserve(rows);
        }
        catch (RealmException e) when (e.Code == ErrorCode.OutOfMemory)
        {
            throw new RealmException(ErrorCode.OutOfMemory, Session!.Length == 0 ? e.Message : $"{e.Message}: contextSize {Session.Length} would fit");
        }
        Add(batch, rows);
    }

    /// <summary>It has no rows in the next pass unless it is fed.</summary>
    internal void Skip()
    {
        RowsInPass = 0;
        PassesWaited++;
    }

    /// <summary>What <see cref="Take"/> touches is this job's own, so that any thread may do it while others take theirs.</summary>
    internal virtual bool TakesApart => true;

    /// <summary>The pass with its rows is done: takes the logits, and goes on or ends.</summary>
    /// <param name="batch">The rows; null: <see cref="HasAnswer"/>, and the logits are the caller's.</param>
    /// <param name="scratch">Of this thread.</param>
    internal void Take(Batch? batch, Sampling.SamplerScratch scratch)
    {
        if (batch == null)
        {
            TakeAnswer(scratch);
        }
        else
        {
            TakeRows(batch, scratch);
        }
        _hasTaken = true;
    }

    /// <summary>After <see cref="Take"/>, on the scheduler's thread: what touches more than the job itself.</summary>
    internal void Settle()
    {
        if (!_hasTaken)
            return;
        _hasTaken = false;
        if (Session == null)
            return;
        CutBack();
        // What was generated is put in at the end, but for what can't be had back then.
        if (_kept < Prompt.Length || (Known % PrefixCache.SnapshotTokens == 0 && !Session.CanTruncate(Known - 1)))
            Keep();
        OnSettled();
    }

    /// <summary>Ends it as cancelled.</summary>
    internal abstract void EndCancelled();

    /// <summary>Ends it as failed.</summary>
    internal void EndFailed(RealmException failure) => Finish(FinishReason.None, failure);

    /// <summary>Takes leave of a job that was cancelled, is late, or has ended.</summary>
    internal void EndAndRelease()
    {
        if (IsCancelRequested)
        {
            EndCancelled();
        }
        else if (IsOverdue)
        {
            EndFailed(new RealmException(ErrorCode.Timeout, "the time given for the generation is over"));
        }
        Release();
    }

    /// <summary>Gives back its state and its hold on the model, after its end.</summary>
    internal void Release()
    {
        LetGo(session => session.Dispose());
        _model.Forget(this);
    }

    /// <summary>Wants to begin, if not too many do.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Busy"/>.</exception>
    internal void EnterLine(int? maxQueue)
    {
        Loaded.Scheduler.Enter(maxQueue);
        _isInLine = true;
    }

    /// <summary>Has ended, or could not begin.</summary>
    internal void LeaveLine()
    {
        if (_isInLine)
        {
            _isInLine = false;
            Loaded.Scheduler.Leave();
        }
    }

    /// <inheritdoc/>
    private protected override void OnFinish(bool hasFailed)
    {
        // Who hears of the end may want to begin another at once.
        LeaveLine();
        if (Target == null)
            return;
        // Who hears of the end may go on with the session at once.
        Session? lent = Session;
        LetGo(_ => { });
        Target.TakeBack(lent, Text, hasFailed);
    }

    /// <summary>The prompt, and the tokens that were chosen: at least those that the model has seen.</summary>
    private protected virtual ReadOnlySpan<int> Text => Prompt;

    /// <inheritdoc cref="Take"/>
    private protected abstract void TakeRows(Batch batch, Sampling.SamplerScratch scratch);

    /// <inheritdoc cref="Take"/>
    private protected virtual void TakeAnswer(Sampling.SamplerScratch scratch)
    {
    }

    /// <summary>After the rows of a pass were taken, if the job has not ended by it.</summary>
    private protected virtual void OnSettled()
    {
    }

    /// <summary>Begins with other ids than it was given.</summary>
    private protected void ReplacePrompt(int[] ids) => _prompt.Replace(ids);

    /// <summary>Goes on with another text in place of the prompt and what was chosen since.</summary>
    /// <param name="text">The text, whose logits choose the next token.</param>
    /// <param name="same">Tokens that it has in common with what is there.</param>
    private protected void Restart(int[] text, int same)
    {
        Keep();
        _prefix?.Leave();
        _prompt.Replace(text);
        Session!.CutTo(same);
        Fed = Known = Session.Length;
        EnterCache();
    }

    private void EnterCache()
    {
        _prefix = UsesCache ? Loaded.Prefixes?.Enter(Session!.State, (int)Priority) : null;
        _kept = 0;
        if (Fed > 0)
            _prefix?.Add(Prompt, Fed, Prompt.Length);
    }

    private void Keep()
    {
        if (Session!.Length > Known)
            return;
        _prefix?.Add(Text, Known, Prompt.Length);
        _kept = Known;
    }

    /// <summary>Forgets what was computed in vain: wrong guesses, and rows that nobody has taken. A recurrent state can't.</summary>
    private void CutBack()
    {
        if (Session!.Length > Known && Session.CanTruncate(Known))
            Session.Truncate(Known);
    }

    private void LetGo(Action<Session> end)
    {
        if (Session is { } session)
        {
            CutBack();
            Keep();
            // Of a recurrent state that went on beyond the text nothing can be used.
            if (session.Length > Text.Length)
                session.CutTo(Known);
            Session = null;
            end(session);
        }
        _prefix?.Leave();
        _prefix = null;
    }

    // The last token of the prompt is always computed: its logits choose the first token.
    private void LookUp()
    {
        if (_prefix == null)
            return;
        int most = Prompt.Length - 1;
        int found = _prefix.Find(Prompt, most);
        if (found > 0)
        {
            Cached += found - Fed;
            Session!.Length = Fed = Known = found;
        }
        _awaitsPage = _prefix.IsUnderWay(Prompt, most);
        if (!_awaitsPage)
            _prefix.Claim(Prompt);
    }

    /// <summary>The prompt's ids are there.</summary>
    private protected virtual void OnPrepared()
    {
    }

    /// <summary>Adds so many rows to the batch.</summary>
    private protected abstract void Add(Batch batch, int rows);

    /// <inheritdoc/>
    private protected override void OnCancel()
    {
        lock (Mailbox.Gate)
        {
            if (_isQueued)
            {
                // Making ids has no place to stop at: the reader need not wait for its end.
                EndCancelled();
                return;
            }
        }
        _model.Loaded.Scheduler.Cancelled(this);
    }

    /// <inheritdoc/>
    private protected override void OnRoom() => _model.Loaded.Scheduler.Wake();

    /// <inheritdoc/>
    private protected override void OnAnswer() => _model.Loaded.Scheduler.Wake();
}
