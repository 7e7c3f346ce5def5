using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>The buffers of a pass, allocated once: shared ones (rows, width), and small ones of each thread.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private readonly List<(nint Start, long Bytes)> _memory = [];
    private readonly Inputs _shared;
    private readonly Inputs[] _own;
    private readonly nint[] _rows;
    private readonly nint[] _sums;
    private readonly nint[] _packed;
    private readonly nint[] _results;
    private readonly nint[] _attention;
    private long _partialFloats;

    public Scratch(ScratchSizes sizes)
    {
        Sizes = sizes;
        Hidden = (float*)Allocate((long)sizes.Rows * sizes.HiddenSize * sizeof(float));
        Projections = (float*)Allocate((long)sizes.Rows * sizes.ProjectionSize * sizeof(float));
        Attended = (float*)Allocate((long)sizes.Rows * sizes.AttendedSize * sizeof(float));
        Gated = (float*)Allocate((long)sizes.Rows * sizes.FeedForwardSize * sizeof(float));
        Counters = new DealCounters(sizes.Threads);
        MatrixLoop = new MatrixLoop(this, sizes.Threads);
        _shared = new Inputs(sizes.Rows, sizes.WidestInput, sizes.Layouts);
        _own = new Inputs[sizes.Threads];
        _rows = new nint[sizes.Threads];
        _sums = new nint[sizes.Threads];
        _packed = new nint[sizes.Threads];
        _results = new nint[sizes.Threads];
        _attention = new nint[sizes.Threads];
        for (int i = 0; i < sizes.Threads; i++)
        {
            _own[i] = new Inputs(1, sizes.WidestInput, sizes.Layouts);
            _rows[i] = (nint)Allocate((long)sizes.WidestInput * sizeof(float));
            _sums[i] = (nint)Allocate(4L * Lanes.Tokens * Lanes.Rows * sizeof(float));
            _packed[i] = (nint)Allocate(sizes.PackedBytes);
            _results[i] = (nint)Allocate((long)Portions.Largest(sizes.MostGroups, sizes.Threads) * Lanes.Tokens * Lanes.Rows * sizeof(float));
            _attention[i] = (nint)Allocate(sizes.AttentionBytes);
        }
    }

    public ScratchSizes Sizes { get; }

    /// <summary>The residual stream, (rows, hidden).</summary>
    public float* Hidden { get; private set; }

    /// <summary>Queries, keys and values side by side, (rows, projection size).</summary>
    public float* Projections { get; private set; }

    /// <summary>Results of attention, (rows, heads · head size).</summary>
    public float* Attended { get; private set; }

    /// <summary>Inside the feed-forward network, (rows, feed-forward size).</summary>
    public float* Gated { get; private set; }

    /// <summary>Counters for sharing out loops.</summary>
    public DealCounters Counters { get; }

    /// <summary>The products of led passes.</summary>
    public MatrixLoop MatrixLoop { get; }

    /// <summary>The buffers of mixtures of experts; null in dense models.</summary>
    public ExpertScratch? Experts { get; init; }

    /// <summary>There are threads to share out stretches of keys to.</summary>
    public bool HasPartials => Sizes.Threads > 1;

    /// <summary>Room for the partial states of attention, as much as was reserved.</summary>
    public float* Partials { get; private set; }

    /// <summary>Makes room for the partial states of the rows, where attention will share out stretches of keys.</summary>
    public void ReservePartials(Rows rows)
    {
        if (!HasPartials || !rows.AreFewAndLong)
            return;
        long floats = (long)rows.Count * AttentionTile.Stretches(rows.LastPosition) * Sizes.PartialFloats;
        if (floats <= _partialFloats)
            return;
        NativeMemory.AlignedFree(Partials);
        _partialFloats = 0;
        Partials = null;
        Partials = (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), 64);
        _partialFloats = floats;
    }

    /// <summary>Activations of `rows` rows of `columns`: each thread's own for one row, which all threads compute, else the shared ones.</summary>
    public Inputs Inputs(int rows, int columns, int thread)
    {
        Inputs inputs = rows == 1 ? _own[thread] : _shared;
        inputs.SetColumns(columns);
        return inputs;
    }

    /// <summary>A thread's row of the widest input.</summary>
    public float* Row(int thread) => (float*)_rows[thread];

    /// <summary>A thread's 4 x 8 x 16 sums.</summary>
    public float* Sums(int thread) => (float*)_sums[thread];

    /// <summary>A thread's room for the results of a portion of a <see cref="MatrixLoop"/>.</summary>
    public float* Results(int thread) => (float*)_results[thread];

    /// <summary>A thread's room for a panel of groups that are packed when they are used.</summary>
    public byte* Packed(int thread) => (byte*)_packed[thread];

    /// <summary>A thread's room for attention.</summary>
    public byte* Attention(int thread) => (byte*)_attention[thread];

    private void* Allocate(long bytes)
    {
        if (bytes == 0)
            return null;
        byte* memory = SystemMemory.Allocate(bytes);
        _memory.Add(((nint)memory, bytes));
        return memory;
    }

    public void Dispose()
    {
        foreach ((nint start, long bytes) in _memory)
            SystemMemory.Free((byte*)start, bytes);
        _memory.Clear();
        Counters.Dispose();
        NativeMemory.AlignedFree(Partials);
        Partials = null;
        _shared.Dispose();
        Experts?.Dispose();
        foreach (Inputs own in _own)
            own.Dispose();
        Hidden = Projections = Attended = Gated = null;
    }
}

/// <summary>How large the buffers of a pass must be.</summary>
internal sealed record ScratchSizes
{
    public required int Threads { get; init; }

    public required int Rows { get; init; }

    public required int HiddenSize { get; init; }

    public required int ProjectionSize { get; init; }

    public required int AttendedSize { get; init; }

    public required int FeedForwardSize { get; init; }

    public required int WidestInput { get; init; }

    public required LayoutSet Layouts { get; init; }

    /// <summary>Groups of 16 outputs of the largest matrix.</summary>
    public required int MostGroups { get; init; }

    public required long PackedBytes { get; init; }

    public required long AttentionBytes { get; init; }

    /// <summary>Numbers of the partial states of one row and stretch, all key/value heads.</summary>
    public required long PartialFloats { get; init; }
}
