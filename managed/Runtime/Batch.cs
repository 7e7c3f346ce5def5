using System.Runtime.InteropServices;

namespace Realm.Runtime;

/// <summary>The rows of the next pass: tokens of one or several sequences. Filled by one thread, run by <see cref="Model.Forward"/>.</summary>
public sealed unsafe class Batch : IDisposable
{
    private readonly Session[] _sessions;
    private readonly int[] _logitRows;
    private readonly int _vocabSize;
    private int* _wanted;
    private float* _logits;
    private int _logitCapacity;
    private volatile bool _cancel;

    internal Batch(int capacity, int vocabSize)
    {
        Capacity = capacity;
        _vocabSize = vocabSize;
        _sessions = new Session[capacity];
        _logitRows = new int[capacity];
        Tokens = (int*)NativeMemory.AllocZeroed((nuint)capacity, sizeof(int));
        Positions = (int*)NativeMemory.AllocZeroed((nuint)capacity, sizeof(int));
        _wanted = (int*)NativeMemory.AllocZeroed((nuint)capacity, sizeof(int));
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

    internal int* Tokens { get; private set; }

    internal int* Positions { get; private set; }

    /// <summary>Rows that want logits, in order.</summary>
    internal int* Wanted => _wanted;

    internal int WantedCount { get; private set; }

    internal float* LogitMemory => _logits;

    internal Session SessionOf(int row) => _sessions[row];

    /// <summary>Removes all rows and the request to cancel.</summary>
    public void Clear()
    {
        Array.Clear(_sessions, 0, Count);
        Count = 0;
        WantedCount = 0;
        _cancel = false;
    }

    /// <summary>Adds a row: `token` at the next position of `session` (its length, and the rows of it that are already here). Returns the row.</summary>
    /// <exception cref="RealmException">E_LIMIT when the batch is full.</exception>
    public int Add(Session session, int token, bool wantLogits)
    {
        if (Count == Capacity)
            throw new RealmException(ErrorCode.Limit, $"the batch is full: it holds {Capacity} rows");
        int row = Count;
        int position = session.Length;
        for (int i = row - 1; i >= 0; i--)
        {
            if (_sessions[i] == session)
            {
                position = Positions[i] + 1;
                break;
            }
        }
        _sessions[row] = session;
        Tokens[row] = token;
        Positions[row] = position;
        _logitRows[row] = -1;
        if (wantLogits)
        {
            _logitRows[row] = WantedCount;
            _wanted[WantedCount++] = row;
        }
        Count++;
        return row;
    }

    /// <summary>The logits of a row that wanted them, (vocabulary), after the pass.</summary>
    public float* Logits(int row) => _logits + (long)_logitRows[row] * _vocabSize;

    internal void ReserveLogits()
    {
        if (WantedCount <= _logitCapacity)
            return;
        NativeMemory.AlignedFree(_logits);
        _logits = null;
        _logitCapacity = 0;
        _logits = (float*)NativeMemory.AlignedAlloc((nuint)WantedCount * (nuint)_vocabSize * sizeof(float), 64);
        _logitCapacity = WantedCount;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        NativeMemory.Free(Tokens);
        NativeMemory.Free(Positions);
        NativeMemory.Free(_wanted);
        NativeMemory.AlignedFree(_logits);
        Tokens = Positions = _wanted = null;
        _logits = null;
        _logitCapacity = 0;
    }
}
