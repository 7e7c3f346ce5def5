namespace Realm.Parallel;

/// <summary>Starts threads: where the system gives none, that is an error which says so.</summary>
internal static class NewThread
{
    /// <exception cref="RealmException">E_ENGINE.</exception>
    public static void Start(Thread thread)
    {
        try
        {
            thread.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // .NET says "out of memory" to EAGAIN, which is a limit on threads or processes in nearly all cases.
            throw new RealmException(ErrorCode.Engine,
                "a thread could not be started: the limit on processes and threads (ulimit -u, pids.max of the control group) or the memory for its stack is reached");
        }
    }
}
