using Realm.Kernels;

namespace Realm.State;

/// <summary>
/// Asks whether there is memory for pages and fixed slots before they are taken: the system says yes to nearly every wish, and ends the process that writes to memory
/// that is not there. Asking reads files of the system's, so it is done once for some megabytes; what was taken before has been written to by then.
/// </summary>
internal sealed class PageRoom
{
    private const long AskEach = 32 << 20;

    private long _unasked = AskEach;

    /// <summary>Bytes that this process may still take; other ones in tests.</summary>
    public Func<long> Available { get; set; } = () => AvailableMemory.Read();

    /// <summary>The next piece is asked for, however small it is.</summary>
    public void AskNext() => Interlocked.Exchange(ref _unasked, AskEach);

    /// <summary>A page, or the fixed slots of a sequence, are to be made.</summary>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY: the process would be ended for it, also when caches have given back what they can.</exception>
    public void Require(long bytes)
    {
        if (Interlocked.Add(ref _unasked, bytes) < AskEach)
            return;
        Interlocked.Exchange(ref _unasked, 0);
        long needed = Math.Max(bytes, AskEach);
        if (Available() >= needed)
            return;
        StateMemory.GiveBack();
        long available = Available();
        if (available >= needed)
            return;
        AskNext();
        throw new RealmException(ErrorCode.OutOfMemory,
            $"what sequences remember needs {needed >> 20} MiB more, and {available >> 20} MiB are available to this process");
    }
}
