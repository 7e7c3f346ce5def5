namespace Realm.Passes;

/// <summary>A part of the network that needs room during a pass.</summary>
internal interface IAsk
{
    /// <summary>Asks for all that it writes, and lets its inner parts ask.</summary>
    void Ask(Needs needs);
}

/// <summary>
/// What a network needs room for during a pass: each part asks for its own when the network is built. What an inner part asks for lives beside what the
/// outer one asked before; parts that follow one another lie over each other.
/// </summary>
internal sealed class Needs
{
    private readonly List<RowBuffer> _rows = [];
    private readonly List<SourceNeed> _sources = [];
    private readonly List<PassBuffer> _passes = [];
    private Extent _top;
    private int _sourceTop;
    private int _passTop;

    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="packed">Whether the matrices of large products lie packed.</param>
    public Needs(int hidden, bool packed)
    {
        Hidden = hidden;
        Packed = packed;
    }

    /// <summary>Width of the residual stream.</summary>
    public int Hidden { get; }

    private bool Packed { get; }

    public List<RowBuffer> RowBuffers => _rows;

    public List<SourceNeed> Sources => _sources;

    public List<PassBuffer> PassBuffers => _passes;

    /// <summary>Groups of 16 outputs of the largest loop over matrices.</summary>
    public int MostGroups { get; private set; } = 1;

    /// <summary>Bytes of a panel of groups that are packed when they are used.</summary>
    public long PackedBytes { get; private set; }

    /// <summary>Bytes of a thread's own room.</summary>
    public long ThreadBytes { get; private set; }

    /// <summary>Numbers of the widest single row.</summary>
    public long WidestRow { get; private set; } = 1;

    /// <summary>Room for (rows, floats).</summary>
    public RowBuffer Rows(long floats) => Rows(floats, 1, 0);

    /// <summary>Room for (rows · `perRow` + `extra`, floats).</summary>
    public RowBuffer Rows(long floats, int perRow, int extra)
    {
        RowBuffer buffer = new(floats, perRow, extra, _top);
        _rows.Add(buffer);
        _top = buffer.End;
        WidestRow = Math.Max(WidestRow, floats);
        return buffer;
    }

    /// <summary>Room for activations of (rows, columns) in these layouts.</summary>
    public SourceBuffer Source(LayoutSet layouts, int columns) => Source(layouts, columns, 1, 0);

    /// <summary>Room for activations of (rows · `perRow` + `extra`, columns) in these layouts.</summary>
    public SourceBuffer Source(LayoutSet layouts, int columns, int perRow, int extra)
    {
        if (_sourceTop == _sources.Count)
            _sources.Add(new SourceNeed());
        _sources[_sourceTop].Widen(layouts, columns, perRow, extra);
        WidestRow = Math.Max(WidestRow, columns);
        return new SourceBuffer(_sourceTop++, columns, layouts);
    }

    /// <summary>Room for the loop over the groups of these matrices.</summary>
    public void Product(Matrices matrices)
    {
        Product(matrices, matrices.Groups);
        matrices.Changes?.Ask(this);
    }

    /// <summary>The same of matrices that are packed whenever they are used.</summary>
    public void UnpackedProduct(Matrices matrices)
    {
        MostGroups = Math.Max(MostGroups, matrices.Groups);
        PackedBytes = Math.Max(PackedBytes, matrices.ScratchBytes(packed: false));
    }

    /// <summary>Room for a loop over `groups` groups, each as large as those of these matrices.</summary>
    public void Product(Matrices matrices, int groups)
    {
        MostGroups = Math.Max(MostGroups, groups);
        PackedBytes = Math.Max(PackedBytes, matrices.ScratchBytes(Packed));
    }

    /// <summary>A thread's own room; of no lasting content.</summary>
    public void Thread(long bytes) => ThreadBytes = Math.Max(ThreadBytes, bytes);

    /// <summary>Room whose size depends on the rows of the pass.</summary>
    public PassBuffer Pass(Func<RowSet, long> floats)
    {
        if (_passTop == _passes.Count)
            _passes.Add(new PassBuffer());
        _passes[_passTop].Widen(floats);
        return _passes[_passTop++];
    }

    /// <summary>Lets inner parts ask, one over the other, beside what was asked so far.</summary>
    public void Children(params ReadOnlySpan<IAsk?> inner)
    {
        (Extent top, int sourceTop, int passTop) = (_top, _sourceTop, _passTop);
        foreach (IAsk? part in inner)
        {
            part?.Ask(this);
            (_top, _sourceTop, _passTop) = (top, sourceTop, passTop);
        }
    }

    /// <summary>Numbers: some for each row, some in any case.</summary>
    internal readonly record struct Extent(long PerRow, long Fixed)
    {
        public long At(int rows) => checked(PerRow * rows + Fixed);
    }

    /// <summary>The activations that are alive at one depth: room for the widest asker.</summary>
    internal sealed class SourceNeed
    {
        public LayoutSet Layouts { get; private set; }

        public int Columns { get; private set; }

        private int PerRow { get; set; }

        private int Extra { get; set; }

        public void Widen(LayoutSet layouts, int columns, int perRow, int extra)
        {
            Layouts = new LayoutSet(Layouts.Bits | layouts.Bits);
            Columns = Math.Max(Columns, columns);
            PerRow = Math.Max(PerRow, perRow);
            Extra = Math.Max(Extra, extra);
        }

        public int Capacity(int rows) => checked(PerRow * rows + Extra);
    }
}

/// <summary>Room for rows of numbers, (rows, floats).</summary>
internal sealed unsafe class RowBuffer(long floats, int perRow, int extra, Needs.Extent start)
{
    /// <summary>The first row; set when the room is made.</summary>
    public float* Memory { get; private set; }

    /// <summary>Numbers of a row.</summary>
    public long Floats => floats;

    public Needs.Extent Start => start;

    // Whole cache lines, whatever the number of rows (a multiple of 16).
    public Needs.Extent End => new(checked(start.PerRow + floats * perRow), checked(start.Fixed + (floats * extra + 15) / 16 * 16));

    public float* Row(int row) => Memory + row * floats;

    public RowView View => new(Memory, floats);

    internal void Place(float* memory) => Memory = memory;

    internal long Size(int rows) => End.At(rows) - start.At(rows);
}

/// <summary>Rows of numbers, so many apart.</summary>
internal readonly unsafe struct RowView(float* rows, long stride)
{
    public float* Rows => rows;

    public long Stride => stride;

    public float* this[int row] => rows + row * stride;
}

/// <summary>Room for activations: which of the scratch's it is, and what goes in.</summary>
internal sealed record SourceBuffer(int Index, int Columns, LayoutSet Layouts);

/// <summary>Room whose size depends on the rows of the pass: enough for the neediest asker of its depth.</summary>
internal sealed unsafe class PassBuffer
{
    private readonly List<Func<RowSet, long>> _askers = [];
    private long _size;

    public float* Memory { get; private set; }

    internal void Widen(Func<RowSet, long> floats) => _askers.Add(floats);

    /// <summary>Whether there is room for a pass.</summary>
    internal bool Fits(RowSet rows) => Needed(rows) <= _size;

    /// <summary>Makes room for a pass.</summary>
    internal void Reserve(RowSet rows)
    {
        long needed = Needed(rows);
        if (needed <= _size)
            return;
        Free();
        Memory = (float*)Kernels.SystemMemory.AllocateLines(checked(needed * sizeof(float)));
        _size = needed;
    }

    private long Needed(RowSet rows)
    {
        long needed = 0;
        for (int i = 0; i < _askers.Count; i++)
            needed = Math.Max(needed, _askers[i](rows));
        return needed;
    }

    internal void Free()
    {
        Kernels.SystemMemory.FreeLines(Memory);
        Memory = null;
        _size = 0;
    }
}
