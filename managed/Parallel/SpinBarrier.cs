using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Realm.Parallel;

/// <summary>
/// A barrier for threads that run side by side and meet every few microseconds: the last to arrive opens it, the others spin.
/// A thread that waits long (another was descheduled) gives its processor away.
/// </summary>
internal sealed class SpinBarrier(int threads)
{
    // About 50 microseconds of pauses before the first yield.
    private const int SpinsBeforeYield = 2000;

    private PaddedCounter _arrived;
    private PaddedCounter _generation;

    /// <summary>Returns when all threads have called it.</summary>
    public void Wait()
    {
        if (threads == 1)
            return;
        int generation = Volatile.Read(ref _generation.Value);
        if (Interlocked.Increment(ref _arrived.Value) == threads)
        {
            _arrived.Value = 0;
            Volatile.Write(ref _generation.Value, generation + 1);
            return;
        }
        for (int spins = 0; Volatile.Read(ref _generation.Value) == generation; spins++)
            Relax(spins);
    }

    /// <summary>One turn of a spinning loop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Relax(int spins)
    {
        if (spins >= SpinsBeforeYield)
            Thread.Yield();
        else if (X86Base.IsSupported)
            X86Base.Pause();
        else
            Thread.SpinWait(1);
    }

    /// <summary>A counter with a cache line (and its prefetched neighbour) for itself.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct PaddedCounter
    {
        [FieldOffset(128)]
        public int Value;
    }
}
