using System.Runtime.InteropServices;

namespace Realm.Runtime;

/// <summary>Advice to the system about memory; whatever it does with it, the memory's content stays.</summary>
internal static class SystemMemory
{
    /// <summary>madvise(2) on Linux, MADV_HUGEPAGE: use huge pages.</summary>
    public const int HugePages = 14;

    /// <summary>madvise(2), MADV_DONTNEED: pages of a mapped file may go, and are read again when touched. Of other memory it would lose the content.</summary>
    public const int Forget = 4;

    /// <summary>Advises on the whole pages within a range. Does nothing on other systems.</summary>
    public static void Advise(nint start, long length, int advice)
    {
        if (!OperatingSystem.IsLinux())
            return;
        nint page = Environment.SystemPageSize;
        nint first = (start + page - 1) / page * page, last = (nint)(start + length) / page * page;
        if (first < last)
            _ = MemoryAdvise(first, (nuint)(last - first), advice);
    }

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int MemoryAdvise(nint address, nuint length, int advice);
}
