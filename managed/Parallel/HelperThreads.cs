using System.Diagnostics;
using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Parallel;

/// <summary>
/// How threads share a pass over few rows: one leads and runs all of it; where it comes to a loop, the others help. The leader never
/// waits for a helper to arrive, and takes over a portion that a helper has begun and does not finish: a thread that lost its processor,
/// to the program's main thread perhaps, delays nobody, and one that slept joins in when it wakes.
/// </summary>
/// <remarks>
/// Loops are numbered. Each thread has a part of the items (<see cref="Portions"/>) and a ticket: the number of the loop, and which portions of the
/// part nobody has taken. Who changes it by one has claimed a portion: its owner the first, others the last. A portion's state rises from
/// what it was in earlier loops to `storing`, then to `stored`, of this loop; whoever raises it to `storing` stores its results. A helper
/// that comes too late finds it raised, and drops what it computed.
/// </remarks>
internal sealed unsafe class HelperThreads : IDisposable
{
    // Words from one ticket to the next: a cache line and its prefetched neighbour.
    private const int TicketStride = 16;

    private readonly int _threads;
    private readonly PortionSet _own;
    private long* _states;
    private long* _tickets;
    private SharedLoop? _loop;
    private SharedLoop? _ahead;
    private Portions _portions;
    private long _number;

    public HelperThreads(int threads)
    {
        _threads = threads;
        _own = new PortionSet(threads);
        _states = Allocate(Portions.Most);
        _tickets = Allocate(TicketStride);
        for (int part = 0; part < _threads; part++)
            TicketOf(part) = Ticket.Closed(0);
    }

    private long* Allocate(int wordsAThread)
    {
        long bytes = (long)wordsAThread * _threads * sizeof(long);
        long* words = (long*)SystemMemory.AllocateLines(bytes, 128);
        NativeMemory.Clear(words, (nuint)bytes);
        return words;
    }

    /// <summary>The leader's side: returns when all items are done.</summary>
    public void Run(SharedLoop loop, int items)
    {
        Portions portions = new(items, _threads);
        long number = ++_number;
        _loop = loop;
        _portions = portions;
        if (loop.LooksAhead)
            _ahead = loop;
        for (int part = 0; part < _threads; part++)
            Volatile.Write(ref TicketOf(part), Ticket.Open(number, portions.Count(part)));
        long began = Stopwatch.GetTimestamp();
        int own = 0;
        _own.Clear();
        for (int part = 0; part < _threads; part++)
        {
            while (TryClaim(part, isOwner: part == 0, out int portion))
            {
                (int first, int last) = portions.Range(part, portion);
                loop.Run(0, first, last);
                own += last - first;
                _own.Set(Index(part, portion));
            }
        }
        long now = Stopwatch.GetTimestamp();
        for (int part = 0; part < _threads; part++)
        {
            for (int portion = 0; portion < portions.Count(part); portion++)
            {
                int index = Index(part, portion);
                if (!_own.Contains(index) && !IsStored(index, number))
                    Await(loop, portions.Range(part, portion), index, number, now, (now - began) / Math.Max(own, 1));
            }
        }
        // Closed: nobody takes the next loop's fields for this one's.
        for (int part = 0; part < _threads; part++)
            Volatile.Write(ref TicketOf(part), Ticket.Closed(number));
    }

    /// <summary>A helper's side: claims a portion and does it, first of its own part. False: there is none.</summary>
    public bool Help(int thread)
    {
        for (int i = 0; i < _threads; i++)
        {
            int part = (thread + i) % _threads;
            long ticket = Volatile.Read(ref TicketOf(part));
            if (Ticket.IsClosed(ticket))
                return false;
            if (!Ticket.IsEmpty(ticket))
            {
                HelpWith(thread, part, ticket);
                return true;
            }
        }
        return false;
    }

    private void HelpWith(int thread, int part, long ticket)
    {
        // Read between two looks at the ticket: they belong to that loop if the claim succeeds.
        SharedLoop loop = _loop!;
        Portions portions = _portions;
        bool isOwner = part == thread;
        if (!TryTake(part, ticket, isOwner))
            return;
        int portion = Ticket.Next(ticket, isOwner), index = Index(part, portion);
        (int first, int last) = portions.Range(part, portion);
        long number = Ticket.Number(ticket);
        if (!loop.IsRepeatable)
        {
            loop.Run(thread, first, last);
            Mark(index, Stored(number));
        }
        else if (loop.Compute(thread, first, last, new Claim(this, part, number)) && TryRaise(index, number))
        {
            loop.Store(thread, first, last);
            Mark(index, Stored(number));
        }
    }

    /// <summary>A helper with nothing to do: a little of what makes its part of the coming loops faster.</summary>
    public void LookAhead(int thread) => Volatile.Read(ref _ahead)?.LookAhead(thread);

    /// <summary>Loop `number` is not over.</summary>
    internal bool IsOpen(int part, long number)
    {
        Interlocked.MemoryBarrier();
        long ticket = Volatile.Read(ref TicketOf(part));
        return Ticket.Number(ticket) == number && !Ticket.IsClosed(ticket);
    }

    private bool TryClaim(int part, bool isOwner, out int portion)
    {
        while (true)
        {
            long ticket = Volatile.Read(ref TicketOf(part));
            portion = Ticket.Next(ticket, isOwner);
            if (Ticket.IsEmpty(ticket))
                return false;
            if (TryTake(part, ticket, isOwner))
                return true;
        }
    }

    private bool TryTake(int part, long ticket, bool isOwner) =>
        Interlocked.CompareExchange(ref TicketOf(part), Ticket.Taken(ticket, isOwner), ticket) == ticket;

    // Waits for a helper's portion, twice as long as it should take, then does it.
    private void Await(SharedLoop loop, (int First, int Last) range, int index, long number, long since, long perItem)
    {
        long patience = 2 * perItem * (range.Last - range.First) + Stopwatch.Frequency / 500_000;
        for (int spins = 0; !IsStored(index, number); spins++)
        {
            if (loop.IsRepeatable && Stopwatch.GetTimestamp() - since > patience && TryRaise(index, number))
            {
                loop.Run(0, range.First, range.Last);
                Mark(index, Stored(number));
                return;
            }
            SpinBarrier.Relax(spins);
        }
    }

    private ref long TicketOf(int part) => ref _tickets[part * TicketStride];

    private static int Index(int part, int portion) => part * Portions.Most + portion;

    private bool TryRaise(int index, long number)
    {
        long state = Volatile.Read(ref _states[index]);
        return state < Storing(number) && Interlocked.CompareExchange(ref _states[index], Storing(number), state) == state;
    }

    private void Mark(int index, long state) => Volatile.Write(ref _states[index], state);

    private bool IsStored(int index, long number) => Volatile.Read(ref _states[index]) == Stored(number);

    private static long Storing(long number) => 2 * number;

    private static long Stored(long number) => 2 * number + 1;

    public void Dispose()
    {
        SystemMemory.FreeLines(_states);
        SystemMemory.FreeLines(_tickets);
        _states = _tickets = null;
    }

    /// <summary>A word: the number of the loop, the first portion of the part that nobody has taken, and the end of those. First behind the end: closed.</summary>
    private static class Ticket
    {
        private const int NumberShift = 16, FirstShift = 8, Mask = 0xff;

        public static long Open(long number, int portions) => number << NumberShift | (long)portions;

        public static long Closed(long number) => number << NumberShift | (long)Mask << FirstShift;

        public static long Number(long ticket) => ticket >> NumberShift;

        public static bool IsEmpty(long ticket) => First(ticket) >= End(ticket);

        public static bool IsClosed(long ticket) => First(ticket) == Mask;

        /// <summary>The portion that goes next, to the owner or to another.</summary>
        public static int Next(long ticket, bool isOwner) => isOwner ? First(ticket) : End(ticket) - 1;

        /// <summary>The ticket without it.</summary>
        public static long Taken(long ticket, bool isOwner) => isOwner ? ticket + (1 << FirstShift) : ticket - 1;

        private static int First(long ticket) => (int)(ticket >> FirstShift) & Mask;

        private static int End(long ticket) => (int)ticket & Mask;
    }

    /// <summary>Which portions the leader did itself: no helper need see that.</summary>
    private sealed class PortionSet(int threads)
    {
        private readonly ulong[] _bits = new ulong[(Portions.Most * threads + 63) / 64];

        public void Clear() => Array.Clear(_bits);

        public void Set(int index) => _bits[index / 64] |= 1UL << index % 64;

        public bool Contains(int index) => (_bits[index / 64] >> index % 64 & 1) != 0;
    }
}
