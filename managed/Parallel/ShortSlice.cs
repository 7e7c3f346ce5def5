using System.Runtime.InteropServices;

namespace Realm.Parallel;

/// <summary>
/// Lets a thread that mostly waits have a processor as soon as it wakes, though all of them compute. From version 6.12 on Linux gives it one at
/// once if its slice of time is shorter than that of who has it (sched_setattr(2), sched_runtime); how much time each gets in all stays as
/// it is. Older systems wait for the other's slice to end.
/// </summary>
internal static unsafe class ShortSlice
{
    /// <summary>Nanoseconds; the system's own is 0.7 ms and more, the least that it takes 0.1 ms.</summary>
    private const ulong Slice = 200_000;

    private const int Ordinary = 0; // SCHED_OTHER

    [ThreadStatic]
    private static bool s_isAsked;

    /// <summary>Asks for the calling thread, once.</summary>
    public static void Ask()
    {
        if (!s_isAsked)
        {
            s_isAsked = true;
            if (OperatingSystem.IsLinux() && IsUnfiltered() && Read() is { Policy: Ordinary, Runtime: > Slice } attributes)
            {
                attributes.Runtime = Slice;
                // Where it is refused, all stays as it was.
                _ = SystemCall(IsArm ? 274 : 314, 0, &attributes, 0, 0);
            }
        }
    }

    /// <summary>The calling thread's slice in nanoseconds; 0 where the system does not tell.</summary>
    public static ulong Current => OperatingSystem.IsLinux() ? Read().Runtime : 0;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    private static SchedulingAttributes Read()
    {
        SchedulingAttributes attributes = default;
        return SystemCall(IsArm ? 275 : 315, 0, &attributes, (nuint)sizeof(SchedulingAttributes), 0) == 0 ? attributes : default;
    }

    /// <summary>Whether no filter of system calls is in force: some end a process that asks for what they don't expect.</summary>
    private static bool IsUnfiltered()
    {
        try
        {
            return File.ReadLines("/proc/thread-self/status").Any(line => line.StartsWith("Seccomp:", StringComparison.Ordinal) && line.EndsWith('0'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "syscall")]
    private static extern long SystemCall(long number, int thread, SchedulingAttributes* attributes, nuint sizeOrFlags, nuint flags);

    /// <summary><c>struct sched_attr</c> of the system's first version of it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SchedulingAttributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }
}
