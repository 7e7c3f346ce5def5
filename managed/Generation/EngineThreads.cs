using Realm.Parallel;

namespace Realm.Generation;

/// <summary>Starts every thread of this folder: with a stack of known size (that of the C library may be tiny), behind a catch-all (an
/// exception that leaves a thread ends the host's process), and remembered, so that the engine can wait for all of them before the
/// process ends.</summary>
internal static class EngineThreads
{
    /// <summary>Far more than the engine's deepest call needs.</summary>
    private const int StackBytes = 2 << 20;

    private static readonly List<Thread> _running = [];

    /// <summary>Runs the body on a new thread. The body handles its own failures: what still escapes is dropped.</summary>
    public static Thread Start(string name, Action body)
    {
        var thread = new Thread(() => Enter(body), StackBytes) { IsBackground = true, Name = name };
        lock (_running)
        {
            _running.Add(thread);
        }
        try
        {
            NewThread.Start(thread);
        }
        catch
        {
            Forget(thread);
            throw;
        }
        return thread;
    }

    /// <summary>Waits until all have ended.</summary>
    /// <param name="deadline">In milliseconds of <see cref="Environment.TickCount64"/>.</param>
    /// <returns>Whether all did.</returns>
    public static bool Join(long deadline)
    {
        Thread[] threads;
        lock (_running)
        {
            threads = [.. _running];
        }
        bool all = true;
        foreach (Thread thread in threads)
        {
            all &= thread.Join((int)Math.Clamp(deadline - Environment.TickCount64, 0, int.MaxValue));
        }
        return all;
    }

    private static void Enter(Action body)
    {
        try
        {
            body();
        }
        catch (Exception)
        {
            // Nobody is left to tell.
        }
        Forget(Thread.CurrentThread);
    }

    private static void Forget(Thread thread)
    {
        lock (_running)
        {
            _running.Remove(thread);
        }
    }
}
