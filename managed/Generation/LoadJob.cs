using System.Globalization;
using System.Text;
using Realm.Runtime;

namespace Realm.Generation;

/// <summary>Opens a model on a thread of its own.</summary>
public sealed unsafe class LoadJob : Job, IPackingWatch
{
    /// <summary>Milliseconds between two lines about how far it is.</summary>
    private const int TellEach = 50;

    private readonly Func<OpenModel, ulong> _register;
    private readonly OpeningOptions _options;
    private long _toldAt = long.MinValue / 2;
    private long _told = -1;
    private OpenModel? _opened;

    private LoadJob(OpeningOptions options, Func<OpenModel, ulong> register, delegate* unmanaged<void*, void> notify, void* user)
        : base(notify, user)
    {
        _options = options;
        _register = register;
    }

    /// <inheritdoc/>
    bool IPackingWatch.IsUnwanted => IsCancelRequested;

    /// <summary>Starts.</summary>
    /// <param name="lease">Opens the file and takes the lease; called on the job's thread.</param>
    /// <param name="options">What for.</param>
    /// <param name="register">Gives an opened model its handle; called when the reader takes it.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    public static LoadJob Start(Func<LoadedModel> lease, OpeningOptions options, Func<OpenModel, ulong> register, delegate* unmanaged<void*, void> notify, void* user)
    {
        var job = new LoadJob(options, register, notify, user);
        EngineThreads.Start("realm load", () => job.Run(lease));
        return job;
    }

    /// <inheritdoc/>
    void IPackingWatch.Packed(long done, long total) => Tell(done, total, isLast: false);

    /// <inheritdoc/>
    private protected override void OnCancel()
    {
        // Packing ends between two portions; the reader need not wait for it.
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

    // Seldom enough for any reader, and each time further.
    private void Tell(long done, long total, bool isLast)
    {
        if (!_options.TellsProgress)
        {
            return;
        }
        lock (Mailbox.Gate)
        {
            long now = Environment.TickCount64;
            if (IsFinished || Mailbox.IsFull || done <= _told || (!isLast && now - _toldAt < TellEach))
            {
                return;
            }
            (_told, _toldAt) = (done, now);
            Mailbox.Post(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{done} {total}\n")));
        }
    }

    private void Run(Func<LoadedModel> lease)
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
                Tell(0, loaded.File.TensorBytes, isLast: false);
                opened = new OpenModel(loaded, _options, this);
                Tell(loaded.File.TensorBytes, loaded.File.TensorBytes, isLast: true);
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
