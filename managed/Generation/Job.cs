namespace Realm.Generation;

/// <summary>
/// Work on the engine's own threads, and the way its results go back: the engine thread puts text and tokens into queues, calls the reader's
/// <c>notify</c> when there is something new (not again before the reader has looked), and the reader takes them. The queues are bounded:
/// <see cref="IsFull"/> asks whoever fills them to wait.
/// </summary>
public abstract unsafe class Job
{
    private const int TextLimit = 32 << 10;
    private const int TokenLimit = 4096;

    // Beyond the limit: as many tokens as one pass may give to a job whose queue was almost full.
    private const int TokenReserve = PassCosts.MostDrafted + 1;

    private readonly delegate* unmanaged<void*, void> _notify;
    private readonly void* _user;
    private readonly ByteBuffer _text;
    private readonly uint[] _tokens;
    private int _tokenStart;
    private int _tokenEnd;
    private bool _notified;
    private bool _closed;
    private bool _finished;
    private volatile bool _cancelRequested;
    private FinishReason _reason;
    private RealmException? _failure;

    /// <summary>A job that has not begun.</summary>
    /// <param name="notify">Called on an engine thread, under this job's lock: it must return soon, and call nothing of the engine. May be null.</param>
    /// <param name="user">What <paramref name="notify"/> is called with.</param>
    /// <param name="streams">Whether the job gives text and tokens.</param>
    private protected Job(delegate* unmanaged<void*, void> notify, void* user, bool streams)
    {
        _notify = notify;
        _user = user;
        _text = new ByteBuffer(streams ? TextLimit : 0);
        _tokens = streams ? new uint[TokenLimit + TokenReserve] : [];
    }

    /// <summary>Guards all of the job that both sides touch.</summary>
    private protected Lock Gate { get; } = new();

    /// <summary>The reader wants it to end.</summary>
    internal bool IsCancelRequested => _cancelRequested;

    /// <summary>Nothing will be put into the queues any more.</summary>
    internal bool IsFinished
    {
        get
        {
            lock (Gate)
            {
                return _finished;
            }
        }
    }

    /// <summary>The reader is behind: put nothing more into the queues.</summary>
    internal bool IsFull
    {
        get
        {
            lock (Gate)
            {
                return !_closed && (_tokenEnd - _tokenStart >= TokenLimit || _text.Length >= TextLimit);
            }
        }
    }

    /// <summary>The caller's memory and <c>notify</c> are out of bounds. Asked under <see cref="Gate"/>.</summary>
    private protected bool IsClosed => _closed;

    /// <summary>Ids the job was started with.</summary>
    private protected virtual long PromptTokens => 0;

    /// <summary>Guessed ids that the model has looked at. Not changed any more once the job has ended.</summary>
    private protected virtual long DraftedTokens => 0;

    /// <summary>How many of them were chosen. Likewise.</summary>
    private protected virtual long AcceptedTokens => 0;

    /// <summary>Takes what is new. Never waits.</summary>
    /// <param name="text">Gets whole characters, as many as fit.</param>
    /// <param name="tokens">Gets ids.</param>
    public JobState Read(Span<byte> text, Span<uint> tokens)
    {
        bool wasFull;
        JobState state;
        lock (Gate)
        {
            wasFull = IsFull;
            int textLength = WholeCharacters(_text.Span, text.Length);
            _text.Span[..textLength].CopyTo(text);
            _text.Skip(textLength);
            int tokenCount = Math.Min(tokens.Length, _tokenEnd - _tokenStart);
            _tokens.AsSpan(_tokenStart, tokenCount).CopyTo(tokens);
            _tokenStart += tokenCount;
            _notified = false;
            bool done = _finished && _text.Length == 0 && _tokenStart == _tokenEnd;
            state = new JobState(done ? TakeModel() : 0, textLength, tokenCount, PromptTokens, DraftedTokens, AcceptedTokens, done, _reason, done ? _failure : null);
            wasFull &= !IsFull;
        }
        if (wasFull)
        {
            OnRoom();
        }
        return state;
    }

    /// <summary>Asks the job to end soon. It ends as cancelled, unless it is at its end already.</summary>
    public void Cancel()
    {
        _cancelRequested = true;
        // Waking the engine has a price: it breaks off the pass under way, which others are in.
        if (!IsFinished)
        {
            OnCancel();
        }
    }

    /// <summary>Cancels. When this returns, the engine touches neither the caller's memory nor <c>notify</c> any more.</summary>
    public void Close()
    {
        lock (Gate)
        {
            _closed = true;
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

    /// <summary>Under <see cref="Gate"/>: drops results that nobody will read.</summary>
    private protected virtual void OnClose()
    {
    }

    /// <summary>Under <see cref="Gate"/>: the handle of the model that a load opened; asked when the reader takes it.</summary>
    private protected virtual ulong TakeModel() => 0;

    /// <summary>Gives the reader a token and the text that is ready with it.</summary>
    private protected void Publish(int token, ReadOnlySpan<byte> text)
    {
        lock (Gate)
        {
            if (_closed)
            {
                return;
            }
            if (_tokenEnd == _tokens.Length)
            {
                _tokens.AsSpan(_tokenStart, _tokenEnd - _tokenStart).CopyTo(_tokens);
                _tokenEnd -= _tokenStart;
                _tokenStart = 0;
            }
            _tokens[_tokenEnd++] = (uint)token;
            _text.Append(text);
            Notify();
        }
    }

    /// <summary>Ends the job. Only the first end counts.</summary>
    /// <param name="reason">Of a generation.</param>
    /// <param name="failure">Why it failed, or null.</param>
    /// <param name="rest">The last text.</param>
    private protected void Finish(FinishReason reason, RealmException? failure, ReadOnlySpan<byte> rest)
    {
        lock (Gate)
        {
            if (_finished)
            {
                return;
            }
            _finished = true;
            _reason = reason;
            _failure = failure;
            if (!_closed)
            {
                _text.Append(rest);
                Notify();
            }
        }
    }

    private void Notify()
    {
        if (!_notified && _notify != null)
        {
            _notified = true;
            _notify(_user);
        }
    }

    /// <summary>Bytes of whole characters at the front of valid UTF-8, at most <paramref name="capacity"/>.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> text, int capacity)
    {
        if (text.Length <= capacity)
        {
            return text.Length;
        }
        int length = capacity;
        while (length > 0 && (text[length] & 0xC0) == 0x80)
        {
            length--;
        }
        return length;
    }
}
