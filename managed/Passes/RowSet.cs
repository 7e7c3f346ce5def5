using Realm.Kernels;
using Realm.State;

namespace Realm.Passes;

/// <summary>Rows `First`.. of a pass: `Count` consecutive positions of one sequence, from `Position` on.</summary>
internal readonly record struct Segment(SequenceState State, int First, int Count, int Position)
{
    /// <summary>Positions of the sequence after the pass.</summary>
    public int End => Position + Count;
}

/// <summary>The rows of one pass: which sequence and position each is. The rows of a sequence lie side by side, in one segment.</summary>
/// <param name="adapters">Adapters of the model.</param>
internal sealed unsafe class RowSet(int adapters = 0) : IDisposable
{
    private readonly bool[] _uses = new bool[adapters];
    private Segment[] _segments = [];
    private float* _strengths;

    /// <summary>Rows that fit.</summary>
    public int Capacity { get; private set; }

    public int Count { get; private set; }

    /// <summary>One for each sequence.</summary>
    public ReadOnlySpan<Segment> Segments => _segments.AsSpan(0, SegmentCount);

    public int SegmentCount { get; private set; }

    /// <summary>Rows of the longest segment.</summary>
    public int LongestSegment { get; private set; }

    /// <summary>The highest position of all rows.</summary>
    public int LastPosition { get; private set; }

    /// <summary>Position of each row in its sequence.</summary>
    public int* Positions { get; private set; }

    /// <summary>Makes room for as many rows; those that are there are forgotten.</summary>
    public void Reserve(int capacity)
    {
        if (capacity <= Capacity)
            return;
        Dispose();
        _segments = new Segment[capacity];
        Positions = (int*)SystemMemory.AllocateLines((long)capacity * sizeof(int));
        _strengths = (float*)SystemMemory.AllocateLines((long)capacity * adapters * sizeof(float));
        Capacity = capacity;
    }

    public void Clear()
    {
        _segments.AsSpan(0, SegmentCount).Clear();
        Count = 0;
        SegmentCount = 0;
        LastPosition = 0;
        LongestSegment = 0;
        _uses.AsSpan().Clear();
    }

    /// <summary>Whether a row wants the adapter.</summary>
    public bool Uses(int adapter) => _uses[adapter];

    /// <summary>How strong an adapter is for a row; asked only where one wants it.</summary>
    public float Strength(int adapter, int row) => _strengths[(long)adapter * Capacity + row];

    /// <summary>How strong adapters are for some rows; null: not there.</summary>
    public void SetStrengths(float[]? strengths, int first, int count)
    {
        for (int adapter = 0; adapter < adapters; adapter++)
        {
            float strength = strengths == null ? 0 : strengths[adapter];
            _uses[adapter] |= strength != 0;
            new Span<float>(_strengths + (long)adapter * Capacity + first, count).Fill(strength);
        }
    }

    /// <summary>Adds a segment of `count` rows of a sequence that has none yet, at `position` and after.</summary>
    public void Add(SequenceState state, int position, int count)
    {
        // Positions are written where nothing else would notice.
        if (count > Capacity - Count)
            throw new InvalidOperationException($"no room for {count} rows behind {Count}: there are {Capacity}");
        _segments[SegmentCount++] = new Segment(state, Count, count, position);
        SetStrengths(state.AdapterStrengths, Count, count);
        for (int i = 0; i < count; i++)
            Positions[Count + i] = position + i;
        Count += count;
        LongestSegment = Math.Max(LongestSegment, count);
        LastPosition = Math.Max(LastPosition, position + count - 1);
    }

    public void Dispose()
    {
        SystemMemory.FreeLines(Positions);
        SystemMemory.FreeLines(_strengths);
        Positions = null;
        _strengths = null;
        Capacity = 0;
        _segments = [];
        SegmentCount = Count = 0;
    }
}
