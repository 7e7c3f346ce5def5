namespace Realm.Generation;

/// <summary>Opens a model on a thread of its own.</summary>
public sealed unsafe class LoadJob : Job
{
    private readonly Func<OpenModel, ulong> _register;
    private OpenModel? _opened;

    private LoadJob(Func<OpenModel, ulong> register, delegate* unmanaged<void*, void> notify, void* user)
        : base(notify, user) => _register = register;

    /// <summary>Starts.</summary>
    /// <param name="lease">Opens the file and takes the lease; called on the job's thread.</param>
    /// <param name="vocabOnly">Tokenizer and metadata only.</param>
    /// <param name="register">Gives an opened model its handle; called when the reader takes it.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    public static LoadJob Start(Func<LoadedModel> lease, bool vocabOnly, Func<OpenModel, ulong> register, delegate* unmanaged<void*, void> notify, void* user)
    {
        var job = new LoadJob(register, notify, user);
        EngineThreads.Start("realm load", () => job.Run(lease, vocabOnly));
        return job;
    }

    /// <inheritdoc/>
    private protected override void OnCancel()
    {
        // Packing weights has no place to stop at; what it makes is dropped.
        lock (Mailbox.Gate)
        {
            if (_opened == null)
            {
                Finish(FinishReason.None, Cancelled());
            }
        }
    }

    /// <inheritdoc/>
    private protected override void OnClose()
    {
        _opened?.Close();
        _opened = null;
    }

    /// <inheritdoc/>
    private protected override ulong TakeModel()
    {
        if (_opened is not { } opened)
        {
            return 0;
        }
        _opened = null;
        return _register(opened);
    }

    private static RealmException Cancelled() => new(ErrorCode.Cancelled, "loading was cancelled");

    private void Run(Func<LoadedModel> lease, bool vocabOnly)
    {
        OpenModel? opened = null;
        try
        {
            LoadedModel loaded = lease();
            if (IsCancelRequested)
            {
                loaded.Release();
            }
            else
            {
                opened = new OpenModel(loaded, vocabOnly);
            }
        }
        catch (Exception e)
        {
            Finish(FinishReason.None, RealmFailure.Of(e));
            return;
        }
        lock (Mailbox.Gate)
        {
            if (opened != null && !IsCancelRequested && !Mailbox.IsClosed)
            {
                _opened = opened;
                opened = null;
                Finish(FinishReason.None, null);
            }
            else
            {
                Finish(FinishReason.None, Cancelled());
            }
        }
        opened?.Close();
    }
}
