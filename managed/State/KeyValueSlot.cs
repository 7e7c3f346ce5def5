using Realm.Kernels;

namespace Realm.State;

/// <summary>The keys and values of a layer: how they lie in a page of 64 positions. Key and value sizes may differ, and heads per layer.</summary>
internal sealed unsafe class KeyValueSlot
{
    private readonly long _offset;
    private readonly long _headBytes;
    private readonly long _keyScales;
    private readonly long _values;
    private readonly long _valueScales;

    /// <param name="type">The element type.</param>
    /// <param name="layer">The layer that stores here.</param>
    /// <param name="heads">Key/value heads.</param>
    /// <param name="keySize">Elements of a key.</param>
    /// <param name="valueSize">Elements of a value.</param>
    /// <param name="offset">Where in the page the slot begins.</param>
    public KeyValueSlot(CacheType type, int layer, int heads, int keySize, int valueSize, long offset)
    {
        Type = type;
        Layer = layer;
        Heads = heads;
        KeySize = keySize;
        ValueSize = valueSize;
        StoredValueSize = checked((valueSize + 15) / 16 * 16);
        (int bytes, int scaleBytes, int run) = type switch
        {
            CacheType.F16 => (HalfElement.Bytes, HalfElement.ScaleBytes, HalfElement.ScaleRun),
            CacheType.F32 => (SingleElement.Bytes, SingleElement.ScaleBytes, SingleElement.ScaleRun),
            _ => (ByteElement.Bytes, ByteElement.ScaleBytes, ByteElement.ScaleRun),
        };
        ValueScales = (StoredValueSize + run - 1) / run;
        // Each of the four begins at a cache line: 64 keys of whatever size fill whole lines.
        _offset = offset;
        _keyScales = checked((long)KeyBlock.Keys * keySize * bytes);
        _values = checked(_keyScales + (long)KeyBlock.Keys * ((keySize + run - 1) / run) * scaleBytes);
        _valueScales = checked(_values + (long)KeyBlock.Keys * StoredValueSize * bytes);
        _headBytes = checked(_valueScales + (long)KeyBlock.Keys * ValueScales * scaleBytes);
    }

    public CacheType Type { get; }

    /// <summary>The layer whose length says how many positions are stored.</summary>
    public int Layer { get; }

    public int Heads { get; }

    /// <summary>Elements of a key.</summary>
    public int KeySize { get; }

    /// <summary>Elements of a value.</summary>
    public int ValueSize { get; }

    /// <summary>Elements of a value as stored: filled up with zeros to a multiple of 16.</summary>
    public int StoredValueSize { get; }

    /// <summary>Scales of a value, where there are any.</summary>
    public int ValueScales { get; }

    /// <summary>Bytes in a page: of each head keys (key size, 64), their scales, values (64, stored value size), their scales.</summary>
    public long Bytes => checked(Heads * _headBytes);

    /// <summary>One head's part of a page.</summary>
    public CacheBlock Block(byte* page, int head)
    {
        byte* keys = page + _offset + head * _headBytes;
        return new CacheBlock(keys, keys + _keyScales, keys + _values, keys + _valueScales);
    }

    /// <summary>Writes the key and the value of one position into its page.</summary>
    public void Store(byte* page, int head, int position, float* key, float* value)
    {
        CacheBlock block = Block(page, head);
        int place = position % KeyBlock.Keys;
        switch (Type)
        {
            case CacheType.F16:
                Store<HalfElement>(block, place, key, value);
                break;
            case CacheType.F32:
                Store<SingleElement>(block, place, key, value);
                break;
            default:
                Store<ByteElement>(block, place, key, value);
                break;
        }
    }

    /// <summary>Makes keys and values of the positions from `first` on in a page zero.</summary>
    public void Clear(byte* page, int first)
    {
        float[] zeros = new float[Math.Max(KeySize, StoredValueSize)];
        fixed (float* zero = zeros)
        {
            for (int head = 0; head < Heads; head++)
            {
                for (int place = first; place < KeyBlock.Keys; place++)
                    Store(page, head, place, zero, zero);
            }
        }
    }

    private void Store<T>(in CacheBlock block, int place, float* key, float* value) where T : unmanaged, ICacheElement
    {
        T.Store(key, KeySize, block.Keys + place * T.Bytes, KeyBlock.Keys, block.KeyScales + place * T.ScaleBytes, KeyBlock.Keys);
        T.Store(value, ValueSize, block.Values + (long)place * StoredValueSize * T.Bytes, 1,
            block.ValueScales + place * ValueScales * T.ScaleBytes, 1);
    }
}
