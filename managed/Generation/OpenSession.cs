using Realm.Runtime;

namespace Realm.Generation;

/// <summary>
/// A text that generations go on with, one after the other, and what the model remembers of it. A generation that is cancelled leaves
/// what it has said; one that fails leaves the session as it was. What is remembered may be less than the text: the rest is computed
/// when it is needed, so that nothing but time depends on it.
/// </summary>
public sealed unsafe class OpenSession
{
    private readonly OpenModel _model;
    private readonly Lock _gate = new();
    private int[] _ids = [];
    private Session? _session;      // remembers a beginning of _ids; null: nothing, or it is lent
    private Job? _user;             // the job that has it
    private bool _isBusy;
    private bool _closed;

    /// <summary>An empty session.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: options that do not fit the model;
    /// <see cref="ErrorCode.Unsupported"/>: a model that can't generate; <see cref="ErrorCode.ModelClosed"/>.</exception>
    public OpenSession(OpenModel model, SessionOptions options)
    {
        _model = model;
        Options = options;
        model.Adopt(this);
    }

    /// <summary>How it works.</summary>
    public SessionOptions Options { get; }

    /// <summary>The model as its opener has it.</summary>
    public OpenModel Model => _model;

    /// <summary>The text: of a session that is at work, before that.</summary>
    public int[] Ids
    {
        get
        {
            lock (_gate)
            {
                ThrowIfClosed();
                return _ids;
            }
        }
    }

    /// <summary>Starts to generate from here on.</summary>
    /// <param name="text">UTF-8, which comes next; may be empty if the session is not.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException">As for <see cref="OpenModel.GenerateText"/>; <see cref="ErrorCode.Busy"/>: it is at work.</exception>
    public GenerationJob GenerateText(ReadOnlySpan<byte> text, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user)
    {
        _ = _model.RequireTokenizer();
        int[] before = Occupy();
        try
        {
            return Start(Prompt.OfText(text, before, Options.Shift != null), options, notify, user);
        }
        catch
        {
            Free(null);
            throw;
        }
    }

    /// <summary>Starts to generate from here on, or from somewhere else.</summary>
    /// <param name="ids">Ids, which come next.</param>
    /// <param name="isWhole">They are the whole text: of what the session remembers it keeps the part that agrees with them.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException">As for ids that the model is given; <see cref="ErrorCode.Busy"/>: it is at work.</exception>
    public GenerationJob Generate(
        ReadOnlySpan<uint> ids, bool isWhole, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user)
    {
        int[] before = Occupy();
        try
        {
            Prompt prompt = Prompt.OfIds(ids, _model.Config, isWhole ? null : before, Options.Shift != null);
            return Start(prompt, options, notify, user);
        }
        catch
        {
            Free(null);
            throw;
        }
    }

    /// <summary>The same session once more; memory is shared until one of the two changes it. Of one that is at work: as it was before.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.ModelClosed"/>; <see cref="ErrorCode.OutOfMemory"/>.</exception>
    public OpenSession Fork()
    {
        var fork = new OpenSession(_model, Options);
        lock (_gate)
        {
            ThrowIfClosed();
            fork._ids = _ids;
            fork._session = _session?.Fork();
        }
        return fork;
    }

    /// <summary>Forgets all but the first tokens.</summary>
    /// <param name="length">How many stay.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: there are not so many. <see cref="ErrorCode.Busy"/>;
    /// <see cref="ErrorCode.ModelClosed"/>.</exception>
    public void Rewind(long length)
    {
        lock (_gate)
        {
            ThrowIfNotFree();
            if (length < 0 || length > _ids.Length)
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"the session has {_ids.Length} tokens, so it can't go back to {length}");
            }
            _ids = _ids[..(int)length];
            _session?.CutTo((int)length);
        }
        _model.Loaded.Prefixes?.Trim();
    }

    /// <summary>Ends what it is at, and frees its memory. Again: does nothing.</summary>
    public void Close()
    {
        Session? session;
        Job? user;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            (session, user) = (_session, _user);
            _session = null;
        }
        user?.Cancel();
        session?.Dispose();
        _model.Abandon(this);
        _model.Loaded.Prefixes?.Trim();
    }

    /// <summary>Gives a job what is remembered of a text, on the scheduler's thread: of what is there the part that both have.</summary>
    /// <returns>Null: nothing.</returns>
    internal Session? Lend(Model model, ReadOnlySpan<int> text, long longest, float[]? scales)
    {
        Session? session = TakeOut();
        float[]? strengths = scales ?? Options.AdapterScales;
        if (session == null || !model.IsAsNew(session, longest, strengths))
        {
            session?.Dispose();
            return model.NewSession(longest, strengths);
        }
        // The last token is computed in any case: its logits choose the first one.
        int same = Math.Min(text.CommonPrefixLength(_ids.AsSpan(0, session.Length)), text.Length - 1);
        session.CutTo(same);
        return session;
    }

    /// <summary>A job ends: it returns what it was lent, if it came to that.</summary>
    internal void TakeBack(Session? session, ReadOnlySpan<int> text, bool hasFailed)
    {
        if (session != null)
        {
            int[] ids = hasFailed ? _ids : text.ToArray();
            session.CutTo(text[..session.Length].CommonPrefixLength(ids));
            Replace(ids, session);
            return;
        }
        Free(null);
    }

    /// <summary>Takes out what is remembered, of one who occupies it, who gives it back by <see cref="Free"/>.</summary>
    internal Session? TakeOut()
    {
        lock (_gate)
        {
            Session? session = _session;
            _session = null;
            return session;
        }
    }

    /// <summary>The occupier puts another text in, of which a beginning may be remembered.</summary>
    internal void Replace(int[] ids, Session? session)
    {
        lock (_gate)
        {
            _ids = ids;
        }
        Free(session);
    }

    /// <summary>Nobody else may use it until it is freed.</summary>
    /// <returns>The text.</returns>
    internal int[] Occupy()
    {
        lock (_gate)
        {
            ThrowIfNotFree();
            _isBusy = true;
            return _ids;
        }
    }

    /// <summary>It may be used again.</summary>
    /// <param name="session">What it remembers from now on; null: what it did.</param>
    internal void Free(Session? session)
    {
        lock (_gate)
        {
            _isBusy = false;
            _user = null;
            if (!_closed)
            {
                _session = session ?? _session;
                return;
            }
        }
        session?.Dispose();
    }

    private GenerationJob Start(Prompt prompt, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user)
    {
        GenerationJob job = _model.Generate(prompt, options, notify, user, this);
        bool closed;
        lock (_gate)
        {
            // It may have ended already.
            _user = _isBusy ? job : null;
            closed = _closed;
        }
        if (closed)
        {
            job.Cancel();
        }
        return job;
    }

    private void ThrowIfNotFree()
    {
        ThrowIfClosed();
        if (_isBusy)
        {
            throw new RealmException(ErrorCode.Busy, "the session is at work: await what it does before it is asked for more");
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed)
        {
            throw new RealmException(ErrorCode.ModelClosed, "the session was closed");
        }
    }
}
