using Realm.Formats;
using Realm.Kernels;

namespace Realm.Passes;

/// <summary>A set of activation layouts.</summary>
internal readonly record struct LayoutSet(int Bits)
{
    public static LayoutSet Of(params ReadOnlySpan<Linear?> linears)
    {
        int bits = 0;
        foreach (Linear? linear in linears)
            bits |= linear == null ? 0 : 1 << (int)linear.Weight.Layout;
        return new LayoutSet(bits);
    }

    public static LayoutSet Of(IEnumerable<Weight> weights) => new(weights.Aggregate(0, (bits, w) => bits | 1 << (int)w.Layout));

    public bool Contains(ActivationLayout layout) => (Bits >> (int)layout & 1) != 0;
}

/// <summary>The activations of some rows, in tiles of 8 rows, in each layout that the matrices ahead want.</summary>
internal sealed unsafe class Inputs : IDisposable
{
    private readonly nint[] _tiles = new nint[Activations.Layouts];
    private readonly long[] _bytes = new long[Activations.Layouts];
    private readonly long[] _tileBytes = new long[Activations.Layouts];
    private readonly Refinement?[][] _refinements = new Refinement?[Activations.Layouts][];
    private int _columns;

    /// <param name="rows">Rows it can hold.</param>
    /// <param name="columns">The widest input.</param>
    /// <param name="layouts">The layouts that the model's matrices want.</param>
    public Inputs(int rows, int columns, LayoutSet layouts)
    {
        for (int i = 0; i < Activations.Layouts; i++)
        {
            // Tiles are read whole, so what no row has filled must at least be numbers: zeroed memory.
            int tiles = (rows + Lanes.Tokens - 1) / Lanes.Tokens;
            long bytes = checked(Activations.TileBytes((ActivationLayout)i, columns) * tiles);
            _refinements[i] = new Refinement?[tiles];
            if (layouts.Contains((ActivationLayout)i) && bytes > 0)
            {
                _tiles[i] = (nint)SystemMemory.Allocate(bytes);
                _bytes[i] = bytes;
                for (int tile = 0; tile < tiles && Kernels.Refinement.Applies((ActivationLayout)i); tile++)
                    _refinements[i][tile] = new Refinement((ActivationLayout)i, columns);
            }
        }
    }

    /// <summary>Sets the width of the rows that come next.</summary>
    public void SetColumns(int columns)
    {
        _columns = columns;
        for (int i = 0; i < Activations.Layouts; i++)
            _tileBytes[i] = Activations.TileBytes((ActivationLayout)i, columns);
    }

    /// <summary>Writes one row in all layouts of the set. The rows of a tile come in order, from one thread.</summary>
    public void Store(LayoutSet layouts, float* x, int row)
    {
        for (int i = 0; i < Activations.Layouts; i++)
        {
            if (!layouts.Contains((ActivationLayout)i))
                continue;
            byte* tile = Tile((ActivationLayout)i, row);
            int slot = row % Lanes.Tokens;
            Activations.Store((ActivationLayout)i, x, _columns, tile, slot);
            if (Refinement((ActivationLayout)i, row) is { } refinement)
            {
                if (slot == 0)
                    refinement.Clear();
                refinement.Add(x, _columns, tile, slot);
            }
        }
    }

    /// <summary>The second rounding of the tile that holds `row`; null where the layout has none.</summary>
    public Refinement? Refinement(ActivationLayout layout, int row) => _refinements[(int)layout][row / Lanes.Tokens];

    /// <summary>The tile that holds `row`.</summary>
    public byte* Tile(ActivationLayout layout, int row) => (byte*)_tiles[(int)layout] + row / Lanes.Tokens * _tileBytes[(int)layout];

    public void Dispose()
    {
        for (int i = 0; i < _tiles.Length; i++)
        {
            SystemMemory.Free((byte*)_tiles[i], _bytes[i]);
            _tiles[i] = 0;
            foreach (Refinement? refinement in _refinements[i])
                refinement?.Dispose();
        }
    }
}
