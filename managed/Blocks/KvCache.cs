using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>Element type of the key/value cache.</summary>
public enum CacheType
{
    /// <summary>Half precision: llama.cpp's default.</summary>
    F16,

    /// <summary>Single precision: twice the memory, for comparisons.</summary>
    F32,

    /// <summary>Eight bits, with a scale for 32 elements of a head: about half the memory.</summary>
    Q8_0,
}

/// <summary>How keys and values of all layers lie in a page of 64 positions.</summary>
internal sealed class KvLayout
{
    private readonly long[] _layerOffsets;
    private readonly long _keyScales;
    private readonly long _values;
    private readonly long _valueScales;

    public KvLayout(CacheType type, int[] kvHeadCounts, int headSize, int contextLength)
    {
        Type = type;
        HeadSize = headSize;
        ContextLength = contextLength;
        ValueSize = (headSize + 15) / 16 * 16;
        (int bytes, int scaleBytes, int run) = type switch
        {
            CacheType.F16 => (HalfElement.Bytes, HalfElement.ScaleBytes, HalfElement.ScaleRun),
            CacheType.F32 => (SingleElement.Bytes, SingleElement.ScaleBytes, SingleElement.ScaleRun),
            _ => (ByteElement.Bytes, ByteElement.ScaleBytes, ByteElement.ScaleRun),
        };
        ValueScales = (ValueSize + run - 1) / run;
        // Each of the four begins at a cache line: 64 keys of whatever size fill whole lines.
        _keyScales = (long)KeyBlock.Keys * HeadSize * bytes;
        _values = _keyScales + (long)KeyBlock.Keys * ((HeadSize + run - 1) / run) * scaleBytes;
        _valueScales = _values + (long)KeyBlock.Keys * ValueSize * bytes;
        HeadBytes = _valueScales + (long)KeyBlock.Keys * ValueScales * scaleBytes;
        _layerOffsets = new long[kvHeadCounts.Length + 1];
        for (int i = 0; i < kvHeadCounts.Length; i++)
            _layerOffsets[i + 1] = _layerOffsets[i] + kvHeadCounts[i] * HeadBytes;
    }

    public CacheType Type { get; }

    /// <summary>Elements of a key.</summary>
    public int HeadSize { get; }

    /// <summary>Elements of a value as stored: filled up with zeros to a multiple of 16.</summary>
    public int ValueSize { get; }

    /// <summary>Scales of a value, where there are any.</summary>
    public int ValueScales { get; }

    /// <summary>Positions that fit.</summary>
    public int ContextLength { get; }

    public int Layers => _layerOffsets.Length - 1;

    /// <summary>Bytes of one head: keys (head size, 64), their scales, values (64, value size), their scales.</summary>
    public long HeadBytes { get; }

    public long PageBytes => _layerOffsets[^1];

    /// <summary>One head's part of a page.</summary>
    public unsafe CacheBlock Block(byte* page, int layer, int head)
    {
        byte* keys = page + _layerOffsets[layer] + head * HeadBytes;
        return new CacheBlock(keys, keys + _keyScales, keys + _values, keys + _valueScales);
    }
}

/// <summary>
/// The keys and values of one sequence, in pages of 64 positions that are allocated as it grows. Each layer has its own length,
/// since layers may be run one by one.
/// </summary>
internal sealed unsafe class KvCache(KvLayout layout) : IDisposable
{
    private readonly int[] _lengths = new int[layout.Layers];
    private readonly List<nint> _pages = [];

    public KvLayout Layout => layout;

    /// <summary>Positions held in `layer`.</summary>
    public int Length(int layer) => _lengths[layer];

    /// <summary>Makes room for `length` positions.</summary>
    public void Reserve(int length)
    {
        if (length > layout.ContextLength)
            throw new RealmException(ErrorCode.ContextFull, $"context full: position {length - 1} asked, the context holds {layout.ContextLength}");
        while ((long)_pages.Count * KeyBlock.Keys < length)
        {
            byte* page;
            try
            {
                page = SystemMemory.Allocate(layout.PageBytes);
            }
            catch (OutOfMemoryException)
            {
                throw new RealmException(ErrorCode.OutOfMemory, $"no memory for a key/value cache page of {layout.PageBytes} bytes");
            }
            _pages.Add((nint)page);
        }
    }

    /// <summary>Sets the length of one layer; what lies beyond is forgotten.</summary>
    public void SetLength(int layer, int length) => _lengths[layer] = length;

    /// <summary>Forgets all positions from `length` on, in all layers.</summary>
    public void Truncate(int length)
    {
        for (int i = 0; i < _lengths.Length; i++)
            _lengths[i] = Math.Min(_lengths[i], length);
    }

    /// <summary>Keys and values of one head for the positions 64·block and on.</summary>
    public CacheBlock Block(int layer, int head, int block) => layout.Block((byte*)_pages[block], layer, head);

    /// <summary>Writes key and value (head size) of one position, which must be reserved.</summary>
    public void Store(int layer, int head, int position, float* key, float* value)
    {
        CacheBlock block = Block(layer, head, position / KeyBlock.Keys);
        int slot = position % KeyBlock.Keys;
        switch (layout.Type)
        {
            case CacheType.F16:
                Store<HalfElement>(block, slot, key, value);
                break;
            case CacheType.F32:
                Store<SingleElement>(block, slot, key, value);
                break;
            default:
                Store<ByteElement>(block, slot, key, value);
                break;
        }
    }

    private void Store<T>(in CacheBlock block, int slot, float* key, float* value) where T : unmanaged, ICacheElement
    {
        int scales = layout.ValueScales;
        T.Store(key, layout.HeadSize, block.Keys + slot * T.Bytes, KeyBlock.Keys, block.KeyScales + slot * T.ScaleBytes, KeyBlock.Keys);
        T.Store(value, layout.HeadSize, block.Values + slot * layout.ValueSize * T.Bytes, 1, block.ValueScales + slot * scales * T.ScaleBytes, 1);
    }

    public void Dispose()
    {
        foreach (nint page in _pages)
            SystemMemory.Free((byte*)page, layout.PageBytes);
        _pages.Clear();
        Truncate(0);
    }
}
