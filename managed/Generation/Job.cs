namespace Realm.Generation;

/// <summary>Work on the engine's own threads: that it is wanted, that it was cancelled, how it ended. What it gives goes through its
/// <see cref="Mailbox"/>.</summary>
public abstract unsafe class Job
{
    private volatile bool _cancelRequested;
    private bool _finished;
    private JobEnd _end;
    private RealmException? _failure;

    /// <summary>A job that has not begun.</summary>
    /// <param name="notify">Called on an engine thread, under this job's lock: it must return soon, and call nothing of the engine. May
    /// be null.</param>
    /// <param name="user">What <paramref name="notify"/> is called with.</param>
    private protected Job(delegate* unmanaged<void*, void> notify, void* user) => Mailbox = new Mailbox(notify, user);

    /// <summary>The way to the reader. Its gate guards all of the job that both sides touch.</summary>
    private protected Mailbox Mailbox { get; }

    /// <summary>When it fails if it has not ended, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    internal long Deadline { get; private protected init; } = long.MaxValue;

    /// <summary>Its time is over.</summary>
    internal bool IsOverdue => Deadline != long.MaxValue && Environment.TickCount64 >= Deadline;

    /// <summary>The reader wants it to end.</summary>
    internal bool IsCancelRequested => _cancelRequested;

    /// <summary>Nothing will be put into the mailbox any more.</summary>
    internal bool IsFinished
    {
        get
        {
            lock (Mailbox.Gate)
            {
                return _finished;
            }
        }
    }

    /// <summary>The reader is behind: put nothing more into the mailbox.</summary>
    internal bool IsFull
    {
        get
        {
            lock (Mailbox.Gate)
            {
                return Mailbox.IsFull;
            }
        }
    }

    /// <summary>How it ended. Asked once <see cref="Read"/> has said that it is done.</summary>
    public JobEnd End
    {
        get
        {
            lock (Mailbox.Gate)
            {
                return _finished ? _end : throw new RealmException(ErrorCode.InvalidArgument, "the job is not done");
            }
        }
    }

    /// <summary>What the job has counted. Asked when it ends, and by whoever ends it.</summary>
    private protected virtual JobFigures Figures => default;

    /// <summary>See <see cref="JobEnd"/>; asked with the figures.</summary>
    private protected virtual bool? IsChecked => null;

    /// <summary>Takes what is new. Never waits.</summary>
    /// <param name="text">Gets whole characters, as many as fit.</param>
    /// <param name="tokens">Gets tokens.</param>
    /// <param name="tops">Gets the likeliest tokens of each place.</param>
    public JobState Read(Span<byte> text, Span<TokenRecord> tokens, Span<TopToken> tops)
    {
        bool hasRoom;
        JobState state;
        lock (Mailbox.Gate)
        {
            bool wasFull = Mailbox.IsFull;
            MailboxTake take = Mailbox.Take(text, tokens, tops);
            bool done = _finished && Mailbox.IsEmpty;
            // Whoever is asked about the next token knows all before it.
            int logits = Mailbox.IsEmpty && !_finished ? Handover?.Offered ?? 0 : 0;
            state = new JobState(done ? TakeModel() : 0, take.Text, take.Records, take.Tops, logits, done, done ? _failure : null);
            hasRoom = wasFull && !Mailbox.IsFull;
        }
        if (hasRoom)
        {
            OnRoom();
        }
        return state;
    }

    /// <summary>Gives the logits that <see cref="Read"/> has told of.</summary>
    /// <param name="logits">(vocabulary)</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: there are none, or not so many.</exception>
    public void TakeLogits(Span<float> logits)
    {
        lock (Mailbox.Gate)
        {
            RequireHandover().Take(logits);
        }
    }

    /// <summary>Takes the logits back, as the next token is to be chosen from them.</summary>
    /// <param name="logits">(vocabulary)</param>
    /// <exception cref="RealmException">See <see cref="LogitsHandover.Answer"/>.</exception>
    public void AnswerLogits(ReadOnlySpan<float> logits)
    {
        lock (Mailbox.Gate)
        {
            RequireHandover().Answer(logits);
        }
        OnAnswer();
    }

    /// <summary>Asks the job to end soon. It ends as cancelled, unless it is at its end already.</summary>
    public void Cancel()
    {
        _cancelRequested = true;
        // Waking the engine has a price: it may break off the pass under way, which others are in.
        if (!IsFinished)
        {
            OnCancel();
        }
    }

    /// <summary>Cancels. When this returns, the engine touches neither the caller's memory nor <c>notify</c> any more.</summary>
    public void Close()
    {
        lock (Mailbox.Gate)
        {
            Mailbox.Close();
            OnClose();
        }
        Cancel();
    }

    /// <summary>Wakes whoever works on the job so that it sees the cancellation.</summary>
    private protected abstract void OnCancel();

    /// <summary>Wakes whoever waits because <see cref="IsFull"/>.</summary>
    private protected virtual void OnRoom()
    {
    }

    /// <summary>Of a job whose caller changes logits; null: of no other.</summary>
    private protected virtual LogitsHandover? Handover => null;

    /// <summary>Wakes whoever waits for an answer.</summary>
    private protected virtual void OnAnswer()
    {
    }

    /// <summary>Under the mailbox's gate: the job ends, and its reader is about to know.</summary>
    private protected virtual void OnFinish(bool hasFailed)
    {
    }

    /// <summary>Under the mailbox's gate: drops results that nobody will read.</summary>
    private protected virtual void OnClose()
    {
    }

    /// <summary>Under the mailbox's gate: the handle of the model that a load opened; asked when the reader takes it.</summary>
    private protected virtual ulong TakeModel() => 0;

    private LogitsHandover RequireHandover() =>
        Handover ?? throw new RealmException(ErrorCode.InvalidArgument, "the job has no logits to process");

    /// <summary>Ends the job. Only the first end counts.</summary>
    /// <param name="reason">Of a generation.</param>
    /// <param name="failure">Why it failed, or null.</param>
    /// <param name="rest">The last text.</param>
    /// <param name="stopText">See <see cref="JobEnd"/>.</param>
    /// <param name="stopId">See <see cref="JobEnd"/>.</param>
    private protected void Finish(
        FinishReason reason, RealmException? failure, ReadOnlySpan<byte> rest = default, byte[]? stopText = null, int? stopId = null)
    {
        lock (Mailbox.Gate)
        {
            if (!_finished)
            {
                _finished = true;
                _end = new JobEnd(reason, stopText, stopId, Figures, IsChecked);
                _failure = failure;
                OnFinish(failure != null);
                Mailbox.Post(rest);
            }
        }
    }
}
