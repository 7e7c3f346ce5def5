using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Parallel;

/// <summary>
/// Shares out the items of one loop among the threads of a pass: half of them in fixed parts, at no cost, the rest in small portions
/// to whoever is free, so that a thread that lost its processor for a while does not make all others wait.
/// </summary>
internal unsafe struct SharedRange(int thread, int threads, int items, int* counter)
{
    // Portions of the second half, for each thread: enough to level out, few enough to count for nothing.
    private const int Shared = 4;

    private readonly int _fixed = threads == 1 ? items : items / 2;
    private bool _begun;

    /// <summary>The next portion of this thread; false: nothing is left.</summary>
    public bool Next(out int first, out int last)
    {
        if (!_begun)
        {
            _begun = true;
            (first, last) = new Portions(_fixed, threads).Part(thread);
            if (first < last)
                return true;
        }
        int size = Math.Max(1, (items - _fixed) / (Shared * threads));
        first = _fixed;
        last = _fixed;
        if (_fixed == items)
            return false;
        first += Interlocked.Add(ref *counter, size) - size;
        last = Math.Min(first + size, items);
        return first < items;
    }
}

/// <summary>
/// The counters that <see cref="SharedRange"/> needs, one for each loop. All threads run the same loops in the same order, so each counts for
/// itself which loop it is in; barriers keep them within a few loops of each other, far less than half of the ring.
/// </summary>
internal sealed unsafe class RangeCounters : IDisposable
{
    private const int Ring = 64;

    // A cache line for each counter.
    private const int Stride = 16;

    private int* _counters = (int*)SystemMemory.AllocateLines(Ring * Stride * sizeof(int));
    private readonly int[] _loops;

    public RangeCounters(int threads)
    {
        _loops = new int[threads * Stride];
        NativeMemory.Clear(_counters, Ring * Stride * sizeof(int));
    }

    /// <summary>The counter of thread `thread`'s next loop, zero when the first thread gets there.</summary>
    public int* Next(int thread)
    {
        int loop = _loops[thread * Stride]++;
        // Half a ring ahead: nobody is there any more, nor yet.
        if (thread == 0)
            _counters[(loop + Ring / 2) % Ring * Stride] = 0;
        return _counters + loop % Ring * Stride;
    }

    public void Dispose()
    {
        SystemMemory.FreeLines(_counters);
        _counters = null;
    }
}
