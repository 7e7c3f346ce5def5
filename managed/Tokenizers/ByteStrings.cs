using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Realm.Tokenizers;

/// <summary>
/// Numbered byte strings and the way back from bytes to number: an open-addressing table over one array of bytes, no object
/// a string. The hash has a random secret, so that a file cannot be made to collide; results do not depend on it.
/// </summary>
internal sealed class ByteStrings
{
    private static readonly ulong s_secret = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

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
        _slots = new ulong[BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 16) * 2)];
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
        ulong[] slots = _slots;
        int mask = slots.Length - 1;
        ulong hash = Hash(key);
        for (int at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            ulong slot = slots[at];
            if (slot == 0)
            {
                return -1;
            }
            if (slot >> 32 == hash >> 32 && this[(int)(uint)slot - 1].SequenceEqual(key))
            {
                return (int)(uint)slot - 1;
            }
        }
    }

    /// <summary>The number of the string with these bytes, which is added when it is new.</summary>
    public int Intern(ReadOnlySpan<byte> key)
    {
        int found = Find(key);
        return found >= 0 ? found : Link(AddUnreachable(key));
    }

    /// <summary>
    /// Adds a string under the next number. When there is an equal one (false), <see cref="Find"/> keeps giving the first.
    /// </summary>
    public bool TryAdd(ReadOnlySpan<byte> key)
    {
        bool isNew = Find(key) < 0;
        int index = AddUnreachable(key);
        if (isNew)
        {
            Link(index);
        }
        return isNew;
    }

    /// <summary>Adds a string under the next number, which <see cref="Find"/> does not know.</summary>
    public int AddUnreachable(ReadOnlySpan<byte> key)
    {
        int start = Count == 0 ? 0 : _ends[Count - 1];
        if (start > Array.MaxLength - key.Length)
        {
            throw new RealmException(ErrorCode.Limit, $"the vocabulary's texts together exceed {Array.MaxLength} bytes");
        }
        if (_bytes.Length < start + key.Length)
        {
            int grown = (int)Math.Min(Array.MaxLength, Math.Max((long)start + key.Length, _bytes.Length * 2L));
            Array.Resize(ref _bytes, grown);
        }
        if (_ends.Length == Count)
        {
            Array.Resize(ref _ends, Count * 2);
        }
        key.CopyTo(_bytes.AsSpan(start));
        _ends[Count] = start + key.Length;
        return Count++;
    }

    private int Link(int index)
    {
        if (++_linked * 2 > _slots.Length)
        {
            ulong[] old = _slots;
            _slots = new ulong[old.Length * 2];
            foreach (ulong slot in old)
            {
                if (slot != 0)
                {
                    Place((int)(uint)slot - 1);
                }
            }
        }
        Place(index);
        return index;
    }

    private void Place(int index)
    {
        int mask = _slots.Length - 1;
        ulong hash = Hash(this[index]);
        int at = (int)hash & mask;
        while (_slots[at] != 0)
        {
            at = (at + 1) & mask;
        }
        _slots[at] = (hash & 0xFFFFFFFF00000000UL) | (uint)(index + 1);
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
