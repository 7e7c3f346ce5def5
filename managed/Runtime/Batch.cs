using Realm.Kernels;

namespace Realm.Runtime;

/// <summary>Rows `First`.. of a batch: `Count` tokens that follow what the session holds.</summary>
internal readonly record struct BatchSegment(Session Session, int First, int Count);

/// <summary>The rows of the next pass: tokens of one or several sequences, those of a sequence side by side. Filled by one thread, run by
/// <see cref="Model.Forward"/>.</summary>
public sealed unsafe class Batch : IDisposable
{
    private readonly BatchSegment[] _segments;
    private readonly int[] _logitRows;
    private readonly int[] _hiddenRows;
    private readonly int _vocabSize;
    private readonly int _hiddenSize;
    private int _segmentCount;
    private int* _wanted;
    private float* _logits;
    private int _logitCapacity;
    private int* _wantedHidden;
    private float* _hidden;
    private int _hiddenCapacity;
    private volatile bool _cancel;

    internal Batch(int capacity, int vocabSize, int hiddenSize)
    {
        Capacity = capacity;
        _vocabSize = vocabSize;
        _hiddenSize = hiddenSize;
        _hiddenRows = new int[capacity];
        _segments = new BatchSegment[capacity];
        _logitRows = new int[capacity];
        Tokens = (int*)SystemMemory.AllocateLines((long)capacity * sizeof(int));
        _wanted = (int*)SystemMemory.AllocateLines((long)capacity * sizeof(int));
        _wantedHidden = (int*)SystemMemory.AllocateLines((long)capacity * sizeof(int));
    }

    /// <summary>Rows that fit.</summary>
    public int Capacity { get; }

    /// <summary>Rows added.</summary>
    public int Count { get; private set; }

    /// <summary>Set from any thread, it ends the pass within a layer's time.</summary>
    public bool Cancel
    {
        get => _cancel;
        set => _cancel = value;
    }

    /// <summary>When somebody's time is over who has rows here, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    internal long Deadline { get; set; } = long.MaxValue;

    /// <summary>Asked before each layer once that is so: whether the pass ends.</summary>
    internal Func<bool>? Overdue { get; set; }

    /// <summary>Whether the pass ends before its next layer.</summary>
    internal bool MustEnd => _cancel || (Deadline != long.MaxValue && Environment.TickCount64 >= Deadline && Overdue?.Invoke() == true);

    internal int* Tokens { get; private set; }

    /// <summary>One for each session.</summary>
    internal ReadOnlySpan<BatchSegment> Segments => _segments.AsSpan(0, _segmentCount);

    /// <summary>Rows that want logits, in order.</summary>
    internal int* Wanted => _wanted;

    internal int WantedCount { get; private set; }

    internal float* LogitMemory => _logits;

    /// <summary>Rows that want their hidden state, in order.</summary>
    internal int* WantedHidden => _wantedHidden;

    internal int WantedHiddenCount { get; private set; }

    internal float* HiddenMemory => _hidden;

    /// <summary>Removes all rows and the request to cancel.</summary>
    public void Clear()
    {
        Array.Clear(_segments, 0, _segmentCount);
        _segmentCount = 0;
        Count = 0;
        WantedCount = 0;
        WantedHiddenCount = 0;
        _cancel = false;
    }

    /// <summary>Adds a row: `token` at the next position of `session` (its length, and the rows of it that are already here). Returns the row.</summary>
    /// <exception cref="RealmException">E_LIMIT when the batch is full; E_INVALID_ARGUMENT when rows of the session stand further up and others after
    /// them.</exception>
    public int Add(Session session, int token, bool wantLogits, bool wantHidden = false)
    {
        if (Count == Capacity)
            throw new RealmException(ErrorCode.Limit, $"the batch is full: it holds {Capacity} rows");
        if (_segmentCount > 0 && _segments[_segmentCount - 1].Session == session)
            _segments[_segmentCount - 1] = _segments[_segmentCount - 1] with { Count = _segments[_segmentCount - 1].Count + 1 };
        else
            Begin(session);
        int row = Count++;
        Tokens[row] = token;
        _logitRows[row] = _hiddenRows[row] = -1;
        if (wantLogits)
        {
            _logitRows[row] = WantedCount;
            _wanted[WantedCount++] = row;
        }
        if (wantHidden)
        {
            _hiddenRows[row] = WantedHiddenCount;
            _wantedHidden[WantedHiddenCount++] = row;
        }
        return row;
    }

    private void Begin(Session session)
    {
        foreach (ref readonly BatchSegment segment in Segments)
        {
            if (segment.Session == session)
                throw new RealmException(ErrorCode.InvalidArgument, "the rows of a session must be added one after the other");
        }
        _segments[_segmentCount++] = new BatchSegment(session, Count, 1);
    }

    /// <summary>The logits of a row that wanted them, (vocabulary), after the pass.</summary>
    public float* Logits(int row) => _logits + (long)_logitRows[row] * _vocabSize;

    /// <summary>The hidden state behind the final norm of a row that wanted it, (hidden size), after the pass.</summary>
    public float* Hidden(int row) => _hidden + (long)_hiddenRows[row] * _hiddenSize;

    internal void ReserveResults()
    {
        Reserve(ref _logits, ref _logitCapacity, WantedCount, _vocabSize);
        Reserve(ref _hidden, ref _hiddenCapacity, WantedHiddenCount, _hiddenSize);
    }

    private static void Reserve(ref float* memory, ref int capacity, int rows, int width)
    {
        if (rows <= capacity)
            return;
        SystemMemory.FreeLines(memory);
        memory = null;
        capacity = 0;
        memory = (float*)SystemMemory.AllocateLines(checked((long)rows * width * sizeof(float)));
        capacity = rows;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        SystemMemory.FreeLines(Tokens);
        SystemMemory.FreeLines(_wanted);
        SystemMemory.FreeLines(_wantedHidden);
        SystemMemory.FreeLines(_logits);
        SystemMemory.FreeLines(_hidden);
        Tokens = _wanted = _wantedHidden = null;
        _logits = _hidden = null;
        _logitCapacity = _hiddenCapacity = 0;
    }
}
