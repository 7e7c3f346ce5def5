using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Realm.Blocks;

/// <summary>A loop whose items the threads of a <see cref="Crew"/> share.</summary>
internal abstract class SharedLoop
{
    /// <summary>Whether a helper computes aside and stores at the end, so that the leader may do again what a helper does not finish.</summary>
    public abstract bool IsRepeatable { get; }

    /// <summary>Items first..last, results in their place.</summary>
    public abstract void Run(int thread, int first, int last);

    /// <summary>Items first..last, results in the thread's own memory. A repeatable loop only. False: `claim` is void, the loop is another one now.</summary>
    public virtual bool Compute(int thread, int first, int last, Claim claim) => false;

    /// <summary>Puts the results of <see cref="Compute"/> into their place.</summary>
    public virtual void Store(int thread, int first, int last)
    {
    }
}

/// <summary>A helper's right to a portion of loop `number`.</summary>
internal readonly struct Claim(Crew crew, long number)
{
    /// <summary>The loop is not over: what was read of it before this call is what it was when the portion was claimed.</summary>
    public bool IsValid => crew.IsOpen(number);
}

/// <summary>
/// How threads share a pass over few rows: one leads and runs all of it; where it comes to a loop, the others help. The leader never
/// waits for a helper to arrive, and takes over a portion that a helper has begun and does not finish: a thread that lost its processor,
/// to the program's main thread perhaps, delays nobody, and one that slept joins in when it wakes.
/// </summary>
/// <remarks>
/// Loops are numbered. One word holds the number of the loop, how many portions it has and how many are taken: who increments it has
/// claimed a portion. A portion's state rises from what it was in earlier loops to `storing`, then to `stored`, of this loop; whoever
/// raises it to `storing` stores its results. A helper that comes too late finds it raised, and drops what it computed.
/// </remarks>
internal sealed unsafe class Crew : IDisposable
{
    // Each thread has a fixed part of half of the items; the rest is dealt in portions, so many for each thread.
    private const int DealtPortions = 4;
    private const int MaxThreads = 64;
    private const int CountBits = 12;
    private const long CountMask = (1 << CountBits) - 1;

    private readonly int _threads;
    private readonly PortionSet _own = new();
    private long* _states;
    private Padded _ticket;
    private SharedLoop? _loop;
    private int _items;
    private long _number;

    public Crew(int threads)
    {
        _threads = Math.Min(threads, MaxThreads);
        nuint bytes = (nuint)((DealtPortions + 1) * _threads * sizeof(long));
        _states = (long*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(_states, bytes);
    }

    /// <summary>The most items that one portion of a loop over `items` has.</summary>
    public static int LargestPortion(int items, int threads)
    {
        Cut cut = new(items, Math.Min(threads, MaxThreads));
        return Math.Max(cut.Fixed / cut.Threads + 1, cut.Size);
    }

    /// <summary>The leader's side: returns when all items are done.</summary>
    public void Run(SharedLoop loop, int items)
    {
        Cut cut = new(items, _threads);
        long number = ++_number;
        _loop = loop;
        _items = items;
        Volatile.Write(ref _ticket.Value, Ticket(number, cut.Count));
        long began = Stopwatch.GetTimestamp();
        int own = 0;
        _own.Clear();
        while (TryClaim(out int portion))
        {
            (int first, int last) = cut.Range(portion);
            loop.Run(0, first, last);
            own += last - first;
            _own.Set(portion);
        }
        long now = Stopwatch.GetTimestamp();
        for (int portion = 0; portion < cut.Count; portion++)
        {
            if (!_own.Contains(portion) && !IsStored(portion, number))
                Await(loop, cut, portion, number, now, (now - began) / Math.Max(own, 1));
        }
        // Closed: nobody takes the next loop's fields for this one's.
        Volatile.Write(ref _ticket.Value, Ticket(number, 0));
    }

    /// <summary>A helper's side: claims a portion and does it. False: there is none.</summary>
    public bool Help(int thread)
    {
        long ticket = Volatile.Read(ref _ticket.Value);
        int portion = Taken(ticket);
        if (portion >= Count(ticket))
            return false;
        // Read between two looks at the ticket: they belong to that loop if the claim succeeds.
        SharedLoop loop = _loop!;
        int items = _items;
        if (Interlocked.CompareExchange(ref _ticket.Value, ticket + 1, ticket) != ticket)
            return true;
        (int first, int last) = new Cut(items, _threads).Range(portion);
        long number = Number(ticket);
        if (!loop.IsRepeatable)
        {
            loop.Run(thread, first, last);
            Mark(portion, Stored(number));
        }
        else if (loop.Compute(thread, first, last, new Claim(this, number)) && TryRaise(portion, number))
        {
            loop.Store(thread, first, last);
            Mark(portion, Stored(number));
        }
        return true;
    }

    /// <summary>Loop `number` is not over.</summary>
    internal bool IsOpen(long number)
    {
        Interlocked.MemoryBarrier();
        long ticket = Volatile.Read(ref _ticket.Value);
        return Number(ticket) == number && Count(ticket) > 0;
    }

    private bool TryClaim(out int portion)
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket.Value);
            portion = Taken(ticket);
            if (portion >= Count(ticket))
                return false;
            if (Interlocked.CompareExchange(ref _ticket.Value, ticket + 1, ticket) == ticket)
                return true;
        }
    }

    // Waits for a helper's portion, twice as long as it should take, then does it.
    private void Await(SharedLoop loop, in Cut cut, int portion, long number, long since, long perItem)
    {
        (int first, int last) = cut.Range(portion);
        long patience = 2 * perItem * (last - first) + Stopwatch.Frequency / 500_000;
        for (int spins = 0; !IsStored(portion, number); spins++)
        {
            if (loop.IsRepeatable && Stopwatch.GetTimestamp() - since > patience && TryRaise(portion, number))
            {
                loop.Run(0, first, last);
                Mark(portion, Stored(number));
                return;
            }
            SpinBarrier.Relax(spins);
        }
    }

    private bool TryRaise(int portion, long number)
    {
        long state = Volatile.Read(ref _states[portion]);
        return state < Storing(number) && Interlocked.CompareExchange(ref _states[portion], Storing(number), state) == state;
    }

    private void Mark(int portion, long state) => Volatile.Write(ref _states[portion], state);

    private bool IsStored(int portion, long number) => Volatile.Read(ref _states[portion]) == Stored(number);

    private static long Storing(long number) => 2 * number;

    private static long Stored(long number) => 2 * number + 1;

    private static long Ticket(long number, int count) => number << 2 * CountBits | (long)count << CountBits;

    private static long Number(long ticket) => ticket >> 2 * CountBits;

    private static int Count(long ticket) => (int)(ticket >> CountBits & CountMask);

    private static int Taken(long ticket) => (int)(ticket & CountMask);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_states);
        _states = null;
    }

    /// <summary>How a loop is cut into portions: first the fixed parts, if there are enough items, then the dealt ones.</summary>
    private readonly struct Cut
    {
        public Cut(int items, int threads)
        {
            Items = items;
            Threads = threads;
            Fixed = items >= 2 * DealtPortions * threads ? items / 2 : 0;
            int dealt = items - Fixed;
            Size = Math.Max(1, (dealt + DealtPortions * threads - 1) / (DealtPortions * threads));
            Count = FixedPortions + (dealt + Size - 1) / Size;
        }

        public int Items { get; }

        public int Threads { get; }

        /// <summary>Items in the fixed parts.</summary>
        public int Fixed { get; }

        /// <summary>Items of a dealt portion.</summary>
        public int Size { get; }

        /// <summary>Portions.</summary>
        public int Count { get; }

        private int FixedPortions => Fixed > 0 ? Threads : 0;

        public (int First, int Last) Range(int portion)
        {
            if (portion < FixedPortions)
                return ((int)((long)Fixed * portion / Threads), (int)((long)Fixed * (portion + 1) / Threads));
            int first = Fixed + (portion - FixedPortions) * Size;
            return (first, Math.Min(first + Size, Items));
        }
    }

    /// <summary>Which portions the leader did itself: no helper need see that.</summary>
    private sealed class PortionSet
    {
        private readonly ulong[] _bits = new ulong[((DealtPortions + 1) * MaxThreads + 63) / 64];

        public void Clear() => Array.Clear(_bits);

        public void Set(int portion) => _bits[portion / 64] |= 1UL << portion % 64;

        public bool Contains(int portion) => (_bits[portion / 64] >> portion % 64 & 1) != 0;
    }

    /// <summary>A word with a cache line (and its prefetched neighbour) for itself.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Padded
    {
        [FieldOffset(128)]
        public long Value;
    }
}
