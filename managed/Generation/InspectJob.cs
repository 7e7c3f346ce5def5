namespace Realm.Generation;

/// <summary>Looks at a file on a thread of its own; what it finds is the job's text.</summary>
public sealed unsafe class InspectJob : Job
{
    private InspectJob(delegate* unmanaged<void*, void> notify, void* user)
        : base(notify, user)
    {
    }

    /// <summary>Starts.</summary>
    /// <param name="inspect">Looks, and says in UTF-8 what it found; called on the job's thread.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    public static InspectJob Start(Func<byte[]> inspect, delegate* unmanaged<void*, void> notify, void* user)
    {
        var job = new InspectJob(notify, user);
        EngineThreads.Start("realm inspect", () => job.Run(inspect));
        return job;
    }

    /// <inheritdoc/>
    private protected override void OnCancel() => Finish(FinishReason.None, Cancelled());

    private static RealmException Cancelled() => new(ErrorCode.Cancelled, "the inspection was cancelled");

    private void Run(Func<byte[]> inspect)
    {
        try
        {
            byte[] found = inspect();
            Finish(FinishReason.None, null, found);
        }
        catch (Exception e)
        {
            Finish(FinishReason.None, RealmFailure.Of(e));
        }
    }
}
