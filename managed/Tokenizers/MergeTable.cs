using System.Numerics;

namespace Realm.Tokenizers;

/// <summary>
/// The merges of byte-pair encoding as (left symbol, right symbol) -> (rank, merged symbol): one open-addressing table of
/// 16 bytes a slot, so that a question costs one cache line.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge: after all others.</summary>
    public const int None = int.MaxValue;

    // Odd, and secret so that no file can make its merges collide.
    private static readonly ulong s_factor = Secret.Next() | 1;

    private readonly Slot[] _slots;
    private readonly int _shift;

    /// <param name="capacity">The most merges that will be added.</param>
    public MergeTable(int capacity)
    {
        int bits = BitOperations.Log2((uint)Math.Max(capacity, 8)) + 1;
        bits += capacity > 3 << (bits - 2) ? 1 : 0; // at most three quarters full
        _slots = new Slot[1 << bits];
        _shift = 64 - bits;
    }

    /// <summary>Adds a merge; of two for the same pair, the first counts.</summary>
    public void Add(int left, int right, int rank, int merged)
    {
        ulong key = Key(left, right);
        int mask = _slots.Length - 1;
        int slot = Home(key);
        while (_slots[slot].Key != 0)
        {
            if (_slots[slot].Key == key)
            {
                return;
            }
            slot = (slot + 1) & mask;
        }
        _slots[slot] = new Slot(key, rank, merged);
    }

    /// <summary>The rank of a pair, <see cref="None"/> when it does not merge, and the symbol it merges to.</summary>
    public int Find(int left, int right, out int merged)
    {
        ulong key = Key(left, right);
        Slot[] slots = _slots;
        int mask = slots.Length - 1;
        int at = Home(key);
        while (true)
        {
            ref readonly Slot slot = ref slots[at];
            if (slot.Key == key)
            {
                merged = slot.Merged;
                return slot.Rank;
            }
            if (slot.Key == 0)
            {
                merged = -1;
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// <summary>A copy without the merges to the symbols that <paramref name="merged"/> is true of.</summary>
    public MergeTable Without(Predicate<int> merged)
    {
        var copy = new MergeTable(_slots.Length / 2);
        foreach (Slot slot in _slots)
        {
            if (slot.Key != 0 && !merged(slot.Merged))
            {
                copy.Add((int)((slot.Key - 1) >> 32), (int)(slot.Key - 1), slot.Rank, slot.Merged);
            }
        }
        return copy;
    }

    // Plus one, since 0 marks an empty slot.
    private static ulong Key(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) + 1;

    private int Home(ulong key) => (int)((key ^ (key >> 29)) * s_factor >> _shift);

    private readonly record struct Slot(ulong Key, int Rank, int Merged);
}
