using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Realm.Tokenizers;

/// <summary>
/// Numbered byte strings and the way back from bytes to number: an open-addressing table over one array of bytes, no object
/// a string. The hash has a random secret, so that a file cannot be made to collide; results do not depend on it.
/// </summary>
internal sealed class ByteStrings
{
    private static readonly ulong s_secret = Secret.Next() | 1;

    private byte[] _bytes;
    private int[] _ends;
    private ulong[] _slots; // half of the hash above, the number plus one below; 0: empty
    private int _linked;

    /// <param name="count">How many strings to expect.</param>
    /// <param name="bytes">How many bytes to expect.</param>
    public ByteStrings(int count, int bytes)
    {
        _bytes = new byte[Math.Max(bytes, 16)];
        _ends = new int[Math.Max(count, 16)];
        _slots = new ulong[BitOperations.RoundUpToPowerOf2(checked((uint)Math.Max(count, 16) * 2))];
    }

    /// <summary>How many strings there are; they are numbered from 0.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of string <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            int start = index == 0 ? 0 : _ends[index - 1];
            return _bytes.AsSpan(start, _ends[index] - start);
        }
    }

    /// <summary>The number of the string with these bytes, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        ulong hash = Hash(key);
        return (int)(uint)_slots[SlotOf(key, hash)] - 1;
    }

    /// <summary>The number of the string with these bytes, which is added when it is new.</summary>
    public int Intern(ReadOnlySpan<byte> key) => FindOrClaim(key, out int slot) is >= 0 and int found ? found : Fill(slot, key);

    /// <summary>
    /// Adds a string under the next number. When there is an equal one (false), <see cref="Find"/> keeps giving the first.
    /// </summary>
    public bool TryAdd(ReadOnlySpan<byte> key)
    {
        bool isNew = FindOrClaim(key, out int slot) < 0;
        if (isNew)
        {
            Fill(slot, key);
        }
        else
        {
            AddUnreachable(key);
        }
        return isNew;
    }

    /// <summary>Adds a string under the next number, which <see cref="Find"/> does not know.</summary>
    public int AddUnreachable(ReadOnlySpan<byte> key)
    {
        int start = Count == 0 ? 0 : _ends[Count - 1];
        // Metadata is limited to far less than an int holds.
        int end = checked(start + key.Length);
        if (_bytes.Length < end)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, _bytes.Length * 2L)));
        }
        if (_ends.Length == Count)
        {
            Array.Resize(ref _ends, Count * 2);
        }
        key.CopyTo(_bytes.AsSpan(start));
        _ends[Count] = end;
        return Count++;
    }

    /// <summary>The number of the string with these bytes; -1 and the free slot where it belongs when it is new.</summary>
    private int FindOrClaim(ReadOnlySpan<byte> key, out int slot)
    {
        if ((_linked + 1) * 2 > _slots.Length)
        {
            Grow();
        }
        ulong hash = Hash(key);
        slot = SlotOf(key, hash);
        int found = (int)(uint)_slots[slot] - 1;
        if (found < 0)
        {
            _slots[slot] = hash & 0xFFFFFFFF00000000UL;
        }
        return found;
    }

    /// <summary>Adds a new string, whose slot has the upper half of its hash already.</summary>
    private int Fill(int slot, ReadOnlySpan<byte> key)
    {
        int index = AddUnreachable(key);
        _slots[slot] |= (uint)(index + 1);
        _linked++;
        return index;
    }

    /// <summary>The slot of the string with these bytes, or the free one where it belongs.</summary>
    private int SlotOf(ReadOnlySpan<byte> key, ulong hash)
    {
        ulong[] slots = _slots;
        int mask = slots.Length - 1;
        int at = (int)hash & mask;
        while (slots[at] != 0 && !(slots[at] >> 32 == hash >> 32 && this[(int)(uint)slots[at] - 1].SequenceEqual(key)))
        {
            at = (at + 1) & mask;
        }
        return at;
    }

    private void Grow()
    {
        ulong[] old = _slots;
        _slots = new ulong[old.Length * 2];
        int mask = _slots.Length - 1;
        foreach (ulong slot in old)
        {
            if (slot == 0)
            {
                continue;
            }
            int at = (int)Hash(this[(int)(uint)slot - 1]) & mask;
            while (_slots[at] != 0)
            {
                at = (at + 1) & mask;
            }
            _slots[at] = slot;
        }
    }

    /// <summary>A multiply-and-fold hash, eight bytes a step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(ReadOnlySpan<byte> key)
    {
        ulong hash = s_secret ^ (ulong)key.Length;
        while (key.Length >= 8)
        {
            hash = Fold(hash ^ MemoryMarshal.Read<ulong>(key));
            key = key[8..];
        }
        ulong last = 0;
        for (int i = 0; i < key.Length; i++)
        {
            last = (last << 8) | key[i];
        }
        return Fold(hash ^ last);
    }

    private static ulong Fold(ulong x)
    {
        // The odd constant is the golden ratio's fraction, as in Fibonacci hashing; the secret is in both factors.
        ulong high = Math.BigMul(x ^ s_secret, 0x9E3779B97F4A7C15UL ^ (s_secret << 1), out ulong low);
        return high ^ low;
    }
}
