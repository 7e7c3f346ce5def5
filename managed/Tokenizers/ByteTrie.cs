namespace Realm.Tokenizers;

/// <summary>
/// A trie over bytes. State 0 is the root; others are numbered as they are made. Edges are one open-addressing table of
/// (state, byte) -> state.
/// </summary>
internal sealed class ByteTrie
{
    /// <summary>The most bytes that all keys may have together: the table has up to two slots a byte.</summary>
    private const int MaxBytes = 1 << 23;

    private readonly long[] _keys;
    private readonly int[] _children;

    /// <param name="bytes">The bytes of all keys together: the most states that there can be.</param>
    /// <param name="keys">What the keys are, for the message.</param>
    /// <exception cref="RealmException">E_LIMIT: too many bytes.</exception>
    public ByteTrie(long bytes, string keys)
    {
        if (bytes > MaxBytes)
        {
            throw new RealmException(ErrorCode.Limit, $"{keys} have {bytes} bytes together; at most {MaxBytes} are supported");
        }
        _keys = new long[System.Numerics.BitOperations.RoundUpToPowerOf2(checked((uint)bytes * 2 + 2))];
        _children = new int[_keys.Length];
    }

    /// <summary>How many states there are, the root included.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>The state behind an edge; 0 when there is none, since no edge leads to the root.</summary>
    public int Child(int state, byte b) => _children[Slot(Key(state, b))];

    /// <summary>The state behind an edge, made when it is new (then its number was <see cref="Count"/>).</summary>
    public int ChildOrNew(int state, byte b)
    {
        long key = Key(state, b);
        int slot = Slot(key);
        if (_keys[slot] == 0)
        {
            _keys[slot] = key;
            _children[slot] = Count++;
        }
        return _children[slot];
    }

    // Plus one, since 0 marks an empty slot.
    private static long Key(int state, byte b) => ((long)state << 8 | b) + 1;

    private int Slot(long key)
    {
        int mask = _keys.Length - 1;
        // States are dense numbers that no file can choose: a fixed factor will do.
        int slot = (int)((ulong)key * 0x9E3779B97F4A7C15UL >> 36) & mask;
        while (_keys[slot] != key && _keys[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
