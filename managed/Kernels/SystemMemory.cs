using System.Runtime.InteropServices;

namespace Realm.Kernels;

/// <summary>Large pieces of memory straight from the system, which go back to it at once when they are freed, and advice about memory.</summary>
internal static unsafe class SystemMemory
{
    /// <summary>madvise(2) on Linux, MADV_HUGEPAGE: use huge pages.</summary>
    public const int HugePages = 14;

    /// <summary>madvise(2), MADV_DONTNEED: pages of a mapped file may go, and are read again when touched. Of other memory it would lose the content.</summary>
    public const int Forget = 4;

    /// <summary>madvise(2), MADV_POPULATE_READ (Linux 5.14): map pages of a file that are in memory, all at once instead of by a fault for every few.</summary>
    public const int Populate = 22;

    // mmap(2): PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS.
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    /// <summary>A test build: a page that nobody may touch lies behind every buffer.</summary>
    public static bool HasGuards => Guard.Watches;

    /// <summary>Zeroed memory of at least one byte, aligned to a page on Linux and to 64 bytes elsewhere. On Linux what is never touched takes no memory.</summary>
    /// <exception cref="OutOfMemoryException">The system has none.</exception>
    public static byte* Allocate(long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            void* aligned = NativeMemory.AlignedAlloc((nuint)bytes, 64);
            NativeMemory.Clear(aligned, (nuint)bytes);
            return (byte*)aligned;
        }
        nint memory = Map(0, (nuint)(bytes + Guard.Bytes(bytes)), ReadWrite, PrivateAnonymous, -1, 0);
        return memory == -1 ? throw new OutOfMemoryException() : (byte*)memory + Guard.Close(memory, bytes);
    }

    /// <summary>A small piece of undefined content. Goes back by <see cref="FreeLines"/>.</summary>
    /// <exception cref="OutOfMemoryException">The system has none.</exception>
    public static byte* AllocateLines(long bytes, int alignment = 64) => Guard.Watches
        ? Guard.Allocate(bytes)
        : (byte*)NativeMemory.AlignedAlloc(checked((nuint)bytes), (nuint)alignment);

    /// <summary>Gives back what <see cref="AllocateLines"/> gave; null is nothing.</summary>
    public static void FreeLines(void* memory)
    {
        if (Guard.Watches)
            Guard.Free((byte*)memory);
        else
            NativeMemory.AlignedFree(memory);
    }

    /// <summary>Bytes, rounded up to whole cache lines of 64.</summary>
    public static long WholeLines(long bytes) => (bytes + 63) / 64 * 64;

    /// <summary>Gives back what <see cref="Allocate"/> gave; null is nothing.</summary>
    public static void Free(byte* memory, long bytes)
    {
        if (!OperatingSystem.IsLinux())
            NativeMemory.AlignedFree(memory);
        else if (memory != null)
            _ = Unmap((nint)(memory - Guard.Shift(bytes)), (nuint)(bytes + Guard.Bytes(bytes)));
    }

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

    /// <summary>
    /// In the engine's own tests a page that nobody may touch lies behind every buffer, which ends where that page begins (up to its last
    /// line of 64 bytes): one line too far ends the test run at once. In the product all of this folds to nothing.
    /// </summary>
    private static class Guard
    {
#if GUARD_PAGES
        private const int Header = 64;

        public static bool Watches => OperatingSystem.IsLinux();

        /// <summary>Bytes that a buffer takes beyond its own: up to a page's end, and the page behind.</summary>
        public static long Bytes(long bytes) => Shift(bytes) + WholeLines(bytes) - bytes + Environment.SystemPageSize;

        /// <summary>Where in its first page a buffer begins.</summary>
        public static long Shift(long bytes)
        {
            long page = Environment.SystemPageSize;
            return (page - WholeLines(bytes) % page) % page;
        }

        /// <summary>Closes the page behind; returns where the buffer begins.</summary>
        public static long Close(nint memory, long bytes)
        {
            if (Protect(memory + (nint)(Shift(bytes) + WholeLines(bytes)), (nuint)Environment.SystemPageSize, 0) != 0)
                throw new OutOfMemoryException();
            return Shift(bytes);
        }

        /// <summary>A piece with its length in the line before it.</summary>
        public static byte* Allocate(long bytes)
        {
            byte* memory = SystemMemory.Allocate(Header + bytes);
            *(long*)memory = Header + bytes;
            return memory + Header;
        }

        public static void Free(byte* memory)
        {
            if (memory != null)
                SystemMemory.Free(memory - Header, *(long*)(memory - Header));
        }

        [DllImport("libc", EntryPoint = "mprotect")]
        private static extern int Protect(nint address, nuint length, int protection);
#else
        public static bool Watches => false;

        public static long Bytes(long bytes) => 0;

        public static long Shift(long bytes) => 0;

        public static long Close(nint memory, long bytes) => 0;

        public static byte* Allocate(long bytes) => null;

        public static void Free(byte* memory)
        {
        }
#endif
    }

    [DllImport("libc", EntryPoint = "mmap")]
    private static extern nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [DllImport("libc", EntryPoint = "munmap")]
    private static extern int Unmap(nint address, nuint length);

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int MemoryAdvise(nint address, nuint length, int advice);
}
