using System.Diagnostics;
using Realm.Generation;
using Realm.Parallel;

namespace Realm.Abi;

/// <summary>What the process has open: models, jobs, sessions, stored models.</summary>
internal static class Engine
{
    public static HandleTable<OpenModel> Models { get; } = new();

    public static HandleTable<Job> Jobs { get; } = new();

    public static HandleTable<OpenSession> Sessions { get; } = new();

    public static StoredModels Stored { get; } = new();

    /// <exception cref="RealmException"><see cref="ErrorCode.ModelClosed"/>, or <see cref="ErrorCode.InvalidArgument"/> for a number that is no handle.</exception>
    public static OpenModel Model(ulong handle) => Models.Find(handle) ?? throw (Models.WasGiven(handle)
        ? new RealmException(ErrorCode.ModelClosed, "the model was closed")
        : new RealmException(ErrorCode.InvalidArgument, $"{handle} is no model's handle"));

    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static Job Job(ulong handle) => Jobs.Find(handle) ?? throw new RealmException(ErrorCode.InvalidArgument,
        Jobs.WasGiven(handle) ? "the job was closed" : $"{handle} is no job's handle");

    /// <exception cref="RealmException"><see cref="ErrorCode.ModelClosed"/>, or <see cref="ErrorCode.InvalidArgument"/> for a number that is no handle.</exception>
    public static OpenSession Session(ulong handle) => Sessions.Find(handle) ?? throw (Sessions.WasGiven(handle)
        ? new RealmException(ErrorCode.ModelClosed, "the session was closed")
        : new RealmException(ErrorCode.InvalidArgument, $"{handle} is no session's handle"));

    /// <summary>A handle for a job that has been started.</summary>
    public static ulong Register(Job job)
    {
        // This thread is JavaScript's: what the job tells shall reach it while all processors compute.
        ShortSlice.Ask();
        try
        {
            return Jobs.Add(job);
        }
        catch
        {
            // The caller will not know of it: it must not be called by it.
            job.Close();
            throw;
        }
    }

    /// <summary>
    /// Cancels everything and waits for all threads, then frees the models, whose compute threads end with that. What does not end in time is left as
    /// it is: nothing that it may be using is freed.
    /// </summary>
    public static void ShutDown(uint deadlineMilliseconds)
    {
        long deadline = Environment.TickCount64 + deadlineMilliseconds;
        Boundary.ShutDown();
        foreach (Job job in Jobs.All())
        {
            // Closed, not only cancelled: whoever shuts down will not be there for `notify` to call.
            job.Close();
        }
        LoadedModels.StopAll();
        bool ended = EngineThreads.Join(deadline);
        // Calls of other threads that began before: this one is inside, too.
        while (Boundary.Inside > 1 && Environment.TickCount64 < deadline)
        {
            Thread.Sleep(1);
        }
        if (ended && Boundary.Inside <= 1)
        {
            LoadedModels.DisposeAll();
        }
        Debug.Assert(Jobs.All().All(job => !ended || job.IsFinished), "a job outlived the threads");
    }
}
