using Realm.Kernels;
using Realm.Parallel;

namespace Realm.Passes;

/// <summary>The memory of a pass: what the network's parts have asked for, and small pieces of each thread.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    // Tiles of 8 rows, whole cache lines of 16 numbers.
    private const int RowStep = 16;

    private readonly Needs _needs;
    private readonly int _threads;
    private readonly List<(nint Start, long Bytes)> _memory = [];
    private readonly List<(nint Start, long Bytes)> _rowMemory = [];
    private readonly Activated[] _sources;
    private readonly nint[] _rows;
    private readonly nint[] _sums;
    private readonly nint[] _packed;
    private readonly nint[] _results;
    private readonly nint[] _own;
    private readonly Func<bool>? _mustEnd;
    private volatile bool _isGivenUp;

    /// <param name="needs">What the network's parts have asked for.</param>
    /// <param name="threads">Threads of the pass.</param>
    /// <param name="mustEnd">Whether the pass is no longer wanted; the first thread asks. Null: it always is.</param>
    public Scratch(Needs needs, int threads, Func<bool>? mustEnd = null)
    {
        _needs = needs;
        _threads = threads;
        _mustEnd = mustEnd;
        Counters = new RangeCounters(threads);
        MatrixLoop = new MatrixLoop(this, threads);
        _sources = [.. needs.Sources.Select(need => new Activated(need, threads))];
        _rows = new nint[threads];
        _sums = new nint[threads];
        _packed = new nint[threads];
        _results = new nint[threads];
        _own = new nint[threads];
        for (int i = 0; i < threads; i++)
        {
            _rows[i] = (nint)Allocate(checked(needs.WidestRow * sizeof(float)), _memory);
            _sums[i] = (nint)Allocate(4L * Lanes.Tokens * Lanes.Rows * sizeof(float), _memory);
            _packed[i] = (nint)Allocate(needs.PackedBytes, _memory);
            _results[i] = (nint)Allocate((long)Portions.Largest(needs.MostGroups, threads) * Lanes.Tokens * Lanes.Rows * sizeof(float), _memory);
            _own[i] = (nint)Allocate(needs.ThreadBytes, _memory);
        }
    }

    public int Threads => _threads;

    /// <summary>What went wrong in the pass, on whichever thread: it is thrown when the pass is over, and no layer after this one runs.</summary>
    public RealmException? Failure { get; set; }

    /// <summary>A pass begins.</summary>
    public void Begin() => _isGivenUp = false;

    /// <summary>
    /// Whether the pass is given up, in the midst of a layer perhaps: what a file says of a layer's size must not decide how long nobody can stop it. Loops
    /// that compute numbers ask it for each item, and then leave numbers as they are; loops that compute indices go on, and so does whoever waits at
    /// barriers. Nothing of the pass counts then.
    /// </summary>
    /// <param name="thread">The thread that asks.</param>
    public bool IsGivenUp(int thread)
    {
        if (!_isGivenUp && thread == 0 && _mustEnd?.Invoke() == true)
            _isGivenUp = true;
        return _isGivenUp;
    }

    /// <summary>Rows that there is room for.</summary>
    public int Capacity { get; private set; }

    /// <summary>Counters for sharing out loops.</summary>
    public RangeCounters Counters { get; }

    /// <summary>The products of small passes.</summary>
    public MatrixLoop MatrixLoop { get; }

    /// <summary>Makes room for as many rows. Whatever the buffers held is gone if it grows.</summary>
    public void Reserve(int rows)
    {
        if (rows <= Capacity)
            return;
        FreeRows();
        int capacity = (rows + RowStep - 1) / RowStep * RowStep;
        PlaceRows(capacity);
        foreach (Activated source in _sources)
            source.Reserve(capacity);
        Capacity = capacity;
    }

    /// <summary>Whether there is room for what depends on the rows of a pass.</summary>
    public bool Fits(RowSet rows)
    {
        foreach (PassBuffer buffer in _needs.PassBuffers)
        {
            if (!buffer.Fits(rows))
                return false;
        }
        return true;
    }

    /// <summary>Makes room for what depends on the rows of a pass. What is freed, no helper may still be at.</summary>
    public void Reserve(RowSet rows)
    {
        foreach (PassBuffer buffer in _needs.PassBuffers)
            buffer.Reserve(rows);
    }

    // Test builds give each buffer a piece of its own, with a guard behind it.
    private void PlaceRows(int capacity)
    {
        if (SystemMemory.HasGuards)
        {
            foreach (RowBuffer buffer in _needs.RowBuffers)
                buffer.Place((float*)Allocate(buffer.Size(capacity) * sizeof(float), _rowMemory));
            return;
        }
        long floats = 0;
        foreach (RowBuffer buffer in _needs.RowBuffers)
            floats = Math.Max(floats, buffer.End.At(capacity));
        float* memory = (float*)Allocate(checked(floats * sizeof(float)), _rowMemory);
        foreach (RowBuffer buffer in _needs.RowBuffers)
            buffer.Place(memory + buffer.Start.At(capacity));
    }

    /// <summary>Activations of `rows` rows: each thread's own for one row, which all threads compute, else the shared ones.</summary>
    public Inputs Inputs(SourceBuffer buffer, int rows, int thread)
    {
        Inputs inputs = _sources[buffer.Index].Of(rows, thread);
        inputs.SetColumns(buffer.Columns);
        return inputs;
    }

    /// <summary>Shared activations, also of one row.</summary>
    public Inputs SharedInputs(SourceBuffer buffer)
    {
        Inputs inputs = _sources[buffer.Index].Shared;
        inputs.SetColumns(buffer.Columns);
        return inputs;
    }

    /// <summary>A thread's row of the widest input.</summary>
    public float* Row(int thread) => (float*)_rows[thread];

    /// <summary>A thread's 4 x 8 x 16 sums.</summary>
    public float* Sums(int thread) => (float*)_sums[thread];

    /// <summary>A thread's room for the results of a portion of a loop over groups.</summary>
    public float* Results(int thread) => (float*)_results[thread];

    /// <summary>A thread's room for a panel of groups that are packed when they are used.</summary>
    public byte* Packed(int thread) => (byte*)_packed[thread];

    /// <summary>A thread's own room, as much as the neediest part asked for.</summary>
    public byte* Own(int thread) => (byte*)_own[thread];

    private static void* Allocate(long bytes, List<(nint, long)> list)
    {
        if (bytes == 0)
            return null;
        byte* memory = SystemMemory.Allocate(bytes);
        list.Add(((nint)memory, bytes));
        return memory;
    }

    private static void Free(List<(nint Start, long Bytes)> list)
    {
        foreach ((nint start, long bytes) in list)
            SystemMemory.Free((byte*)start, bytes);
        list.Clear();
    }

    private void FreeRows()
    {
        Free(_rowMemory);
        foreach (RowBuffer buffer in _needs.RowBuffers)
            buffer.Place(null);
        Capacity = 0;
    }

    public void Dispose()
    {
        FreeRows();
        Free(_memory);
        Counters.Dispose();
        foreach (PassBuffer buffer in _needs.PassBuffers)
            buffer.Free();
        foreach (Activated source in _sources)
            source.Dispose();
    }

    /// <summary>The activations of one depth: shared ones, and one row of each thread.</summary>
    private sealed class Activated : IDisposable
    {
        private readonly Needs.SourceNeed _need;
        private readonly Inputs[] _own;
        private Inputs? _shared;

        public Activated(Needs.SourceNeed need, int threads)
        {
            _need = need;
            _own = new Inputs[threads];
            for (int i = 0; i < threads; i++)
                _own[i] = new Inputs(1, need.Columns, need.Layouts);
        }

        public void Reserve(int rows)
        {
            _shared?.Dispose();
            _shared = null;
            _shared = new Inputs(_need.Capacity(rows), _need.Columns, _need.Layouts);
        }

        public Inputs Shared => _shared!;

        public Inputs Of(int rows, int thread) => rows == 1 ? _own[thread] : _shared!;

        public void Dispose()
        {
            _shared?.Dispose();
            foreach (Inputs own in _own)
                own.Dispose();
        }
    }
}
