using System.Runtime.InteropServices;

namespace Realm.Kernels;

/// <summary>
/// Second rounding where the first one costs most. In the rows of real models a few blocks hold values far larger than the rest, and 8 bits
/// for those leave little for their neighbours. Such a block is rounded once more: what the first rounding left becomes a further block,
/// multiplied with the same weights. Which blocks of a row are refined depends on that row alone; in a tile, where another row's block is
/// refined, a row adds exact zeros.
/// </summary>
/// <remarks>One of these belongs to each tile of 8 rows and layout, and is filled by one thread.</remarks>
internal sealed unsafe class Refinement(ActivationLayout layout, int maxColumns) : IDisposable
{
    // A block is refined when its largest square exceeds the mean of all blocks' largest squares by this factor, so at most a quarter of
    // them are, and rows without outliers cost nothing. SmolLM2 loses 4.1e-4 (NMSE) with it, 3.8e-4 with 2, 5.9e-4 with 8, 2.2e-3 with 16;
    // 2 cost a third of the prefill, since in every tile some row has a block that stands out a little.
    private const float Threshold = 4f;

    private readonly int _elements = Activations.BlockElements(layout);
    private readonly int _bytes = Activations.BlockBytes(layout);
    private readonly int _scales = layout == ActivationLayout.Int8 ? Int8Activations.ScaleOffset : SuperblockActivations.ScaleOffset;
    private readonly int[] _blocks = new int[maxColumns / Activations.BlockElements(layout)];
    private readonly int[] _places = new int[maxColumns / Activations.BlockElements(layout)];
    private byte* _memory;

    /// <summary>Refined blocks of the tile.</summary>
    public int Count { get; private set; }

    /// <summary>Number of the i-th refined block, in rising order.</summary>
    public int Block(int i) => _blocks[i];

    /// <summary>Its second rounding: a block of activations.</summary>
    public byte* Tile(int i) => _memory + (long)_places[i] * _bytes;

    /// <summary>Whether activations of this layout are refined: those of 8 bits.</summary>
    public static bool Applies(ActivationLayout layout) => layout is ActivationLayout.Int8 or ActivationLayout.Superblock;

    /// <summary>Begins a tile.</summary>
    public void Clear() => Count = 0;

    /// <summary>After the row x of `columns` values was stored in `tile`: refines its blocks.</summary>
    public void Add(float* x, int columns, byte* tile, int slot)
    {
        // A block's scale is its largest value by 127: the scales tell which blocks stand out.
        int blocks = columns / _elements;
        float mean = 0;
        for (int i = 0; i < blocks; i++)
            mean += Square(tile, i, slot);
        float limit = Threshold * (mean / blocks);
        for (int i = 0; i < blocks; i++)
        {
            if (Square(tile, i, slot) > limit)
                Refine(i, x + (long)i * _elements, tile + (long)i * _bytes, slot);
        }
    }

    private float Square(byte* tile, int block, int slot)
    {
        float scale = ((float*)(tile + (long)block * _bytes + _scales))[slot];
        return scale * scale;
    }

    private void Refine(int block, float* x, byte* first, int slot)
    {
        byte* second = Find(block);
        float* residual = stackalloc float[256];
        if (layout == ActivationLayout.Int8)
        {
            Int8Activations.Residual(x, first, slot, residual);
            Int8Activations.StoreBlock(residual, second, slot);
        }
        else
        {
            SuperblockActivations.Residual(x, first, slot, residual);
            SuperblockActivations.StoreBlock(residual, second, slot);
        }
    }

    private byte* Find(int block)
    {
        int at = _blocks.AsSpan(0, Count).BinarySearch(block);
        if (at >= 0)
            return Tile(at);
        at = ~at;
        if (_memory == null)
            _memory = SystemMemory.AllocateLines((long)_blocks.Length * _bytes);
        Array.Copy(_blocks, at, _blocks, at + 1, Count - at);
        Array.Copy(_places, at, _places, at + 1, Count - at);
        _blocks[at] = block;
        _places[at] = Count++;
        NativeMemory.Clear(Tile(at), (nuint)_bytes);
        return Tile(at);
    }

    public void Dispose()
    {
        SystemMemory.FreeLines(_memory);
        _memory = null;
    }
}
