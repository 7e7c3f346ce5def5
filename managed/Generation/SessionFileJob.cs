using Realm.Runtime;

namespace Realm.Generation;

/// <summary>Writes a session into a file, or reads one, on a thread of its own. Nobody else may use the session meanwhile.</summary>
public sealed unsafe class SessionFileJob : Job
{
    private readonly OpenSession _target;
    private readonly string _path;
    private readonly bool _isSave;

    private SessionFileJob(OpenSession target, string path, bool isSave, delegate* unmanaged<void*, void> notify, void* user)
        : base(notify, user)
    {
        _target = target;
        _path = path;
        _isSave = isSave;
    }

    /// <summary>Starts to write. A file that is there is replaced when the new one is whole.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Busy"/>, <see cref="ErrorCode.ModelClosed"/>.</exception>
    public static SessionFileJob Save(OpenSession session, string path, delegate* unmanaged<void*, void> notify, void* user) =>
        Start(new SessionFileJob(session, path, isSave: true, notify, user));

    /// <summary>Starts to read. When it fails the session is as it was.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Busy"/>, <see cref="ErrorCode.ModelClosed"/>.</exception>
    public static SessionFileJob Restore(OpenSession session, string path, delegate* unmanaged<void*, void> notify, void* user) =>
        Start(new SessionFileJob(session, path, isSave: false, notify, user));

    /// <inheritdoc/>
    private protected override void OnCancel()
    {
        // It is looked for every few milliseconds.
    }

    private static SessionFileJob Start(SessionFileJob job)
    {
        int[] ids = job._target.Occupy();
        try
        {
            job._target.Model.Run(job, () => EngineThreads.Start("realm session", () => job.Run(ids)));
        }
        catch
        {
            job._target.Free(null);
            throw;
        }
        return job;
    }

    private void Run(int[] ids)
    {
        RealmException? failure = null;
        Session? held = _target.TakeOut();
        try
        {
            LoadedModel loaded = _target.Model.Loaded;
            var origin = new SessionOrigin(loaded.ContentHash, loaded.AdaptersHash);
            if (_isSave)
            {
                SessionFile.Write(_path, origin, loaded.Model, ids, held, () => IsCancelRequested);
            }
            else
            {
                (ids, Session read) = SessionFile.Read(_path, origin, loaded.Model, _target.Options.AdapterScales, () => IsCancelRequested);
                held?.Dispose();
                held = read;
            }
        }
        catch (Exception e)
        {
            failure = RealmFailure.Of(e);
        }
        _target.Replace(ids, held);
        _target.Model.Forget(this);
        Finish(FinishReason.None, failure);
    }
}
