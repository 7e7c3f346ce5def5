using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>Element type of the key/value cache.</summary>
public enum CacheType
{
    /// <summary>Half precision: llama.cpp's default.</summary>
    F16,

    /// <summary>Single precision: twice the memory, for comparisons.</summary>
    F32,
}

/// <summary>How keys and values of all layers lie in a page of 64 positions.</summary>
internal sealed class KvLayout
{
    private readonly long[] _layerOffsets;

    public KvLayout(CacheType type, int[] kvHeadCounts, int headSize, int contextLength)
    {
        Type = type;
        HeadSize = headSize;
        ContextLength = contextLength;
        ElementBytes = type == CacheType.F16 ? HalfElement.Bytes : SingleElement.Bytes;
        ValueSize = (headSize + 15) / 16 * 16;
        HeadBytes = (long)KeyBlock.Keys * (HeadSize + ValueSize) * ElementBytes;
        _layerOffsets = new long[kvHeadCounts.Length + 1];
        for (int i = 0; i < kvHeadCounts.Length; i++)
            _layerOffsets[i + 1] = _layerOffsets[i] + kvHeadCounts[i] * HeadBytes;
    }

    public CacheType Type { get; }

    public int ElementBytes { get; }

    /// <summary>Elements of a key.</summary>
    public int HeadSize { get; }

    /// <summary>Elements of a value as stored: filled up with zeros to a multiple of 16.</summary>
    public int ValueSize { get; }

    /// <summary>Positions that fit.</summary>
    public int ContextLength { get; }

    public int Layers => _layerOffsets.Length - 1;

    /// <summary>Bytes of one head: keys (head size, 64), then values (64, value size).</summary>
    public long HeadBytes { get; }

    public long PageBytes => _layerOffsets[^1];

    public long Offset(int layer, int head) => _layerOffsets[layer] + head * HeadBytes;
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
            void* page;
            try
            {
                page = NativeMemory.AlignedAlloc((nuint)layout.PageBytes, 64);
            }
            catch (OutOfMemoryException)
            {
                throw new RealmException(ErrorCode.OutOfMemory, $"no memory for a key/value cache page of {layout.PageBytes} bytes");
            }
            NativeMemory.Clear(page, (nuint)layout.PageBytes);
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
    public byte* Block(int layer, int head, int block) => (byte*)_pages[block] + layout.Offset(layer, head);

    public void Dispose()
    {
        foreach (nint page in _pages)
            NativeMemory.AlignedFree((void*)page);
        _pages.Clear();
        Truncate(0);
    }
}
