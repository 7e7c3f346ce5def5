using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Realm.Gguf;

/// <summary>What tells that an open file was written to: its length and when it was last changed.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Seconds">Time of the last change.</param>
/// <param name="Nanoseconds">The rest of that time, as fine as the file system counts it.</param>
public readonly record struct FileStamp(long Length, long Seconds, long Nanoseconds)
{
    /// <summary>The stamp of an open file, now. Allocates nothing: it is asked for with every pass.</summary>
    /// <exception cref="IOException">The system does not tell.</exception>
    public static unsafe FileStamp Of(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            DateTime changed = File.GetLastWriteTimeUtc(file);
            return new FileStamp(RandomAccess.GetLength(file), changed.Ticks / TimeSpan.TicksPerSecond, changed.Ticks % TimeSpan.TicksPerSecond);
        }
        // The runtime's own wrapper of fstat(2), as in RegularFile. Its result has, behind four 32-bit numbers, the length, the time of
        // the last access and that of the last change, each time as two numbers. The array is twice as large as that structure.
        long* status = stackalloc long[32];
        if (Stat(file.DangerousGetHandle(), status) != 0)
            throw new IOException("fstat", Marshal.GetLastPInvokeError());
        return new FileStamp(status[2], status[5], status[6]);
    }

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_FStat", SetLastError = true)]
    private static extern unsafe int Stat(nint file, long* status);
}
