using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Realm.Grammars;

/// <summary>The time that the calling thread has worked: on a busy machine the clock goes on without anything being done.</summary>
internal static unsafe class ThreadTime
{
    /// <summary>Milliseconds of work, from any beginning; by the clock where the system does not tell.</summary>
    public static long Milliseconds
    {
        get
        {
            // CLOCK_THREAD_CPUTIME_ID of Linux and of macOS.
            int clock = OperatingSystem.IsLinux() ? 3 : OperatingSystem.IsMacOS() ? 16 : -1;
            TimeSpec time;
            return clock >= 0 && GetTime(clock, &time) == 0
                ? time.Seconds * 1000 + time.Nanoseconds / 1_000_000
                : Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);
        }
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int GetTime(int clock, TimeSpec* time);

    /// <summary><c>struct timespec</c> of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
