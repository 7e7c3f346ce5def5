using System.Runtime.InteropServices;

namespace Realm.Blocks;

/// <summary>The rows of one pass: which sequence and position each is, grouped in runs of one sequence.</summary>
internal sealed unsafe class Rows : IDisposable
{
    private const int FewRows = 4;

    // More runs than that are not looked through for one of the same sequence.
    private const int MostRunsApart = 64;

    private readonly Run[] _runs;
    private readonly RopeConfig _rope;

    public Rows(int capacity, RopeConfig rope)
    {
        Capacity = capacity;
        _rope = rope;
        _runs = new Run[capacity];
        Positions = (int*)NativeMemory.AllocZeroed((nuint)capacity, sizeof(int));
        Cos = (float*)NativeMemory.AllocZeroed((nuint)(capacity * RopePairs), sizeof(float));
        Sin = (float*)NativeMemory.AllocZeroed((nuint)(capacity * RopePairs), sizeof(float));
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>Runs of rows of one sequence at consecutive positions.</summary>
    public ReadOnlySpan<Run> Runs => _runs.AsSpan(0, RunCount);

    public int RunCount { get; private set; }

    /// <summary>The highest position of all rows.</summary>
    public int LastPosition { get; private set; }

    /// <summary>Single rows of a few sequences, at least one with a long past: too few units of work unless the past is shared out.</summary>
    public bool AreFewAndLong => Count == RunCount && Count <= FewRows && LastPosition >= AttentionTile.StretchKeys;

    /// <summary>Each run is a sequence of its own and no longer than a tile: nobody looks at keys that another unit of work stores.</summary>
    public bool AreApart { get; private set; }

    /// <summary>Position of each row in its sequence.</summary>
    public int* Positions { get; private set; }

    public int RopePairs => _rope.Frequencies.Length;

    /// <summary>(rows, pairs)</summary>
    public float* Cos { get; private set; }

    /// <summary>(rows, pairs)</summary>
    public float* Sin { get; private set; }

    public void Clear()
    {
        Count = 0;
        RunCount = 0;
        LastPosition = 0;
        AreApart = true;
    }

    /// <summary>Adds `count` rows of a sequence, at `position` and after.</summary>
    public void Add(KvCache cache, int position, int count)
    {
        if (RunCount > 0 && _runs[RunCount - 1] is var last && last.Cache == cache && last.Position + last.Count == position)
            _runs[RunCount - 1] = last with { Count = last.Count + count };
        else
        {
            AreApart &= RunCount < MostRunsApart && !Has(cache);
            _runs[RunCount++] = new Run(cache, Count, count, position);
        }
        AreApart &= _runs[RunCount - 1].Count <= AttentionTile.Rows;
        for (int i = 0; i < count; i++)
        {
            int row = Count + i;
            Positions[row] = position + i;
            for (int pair = 0; pair < RopePairs; pair++)
            {
                (float cos, float sin) = Kernels.Rope.CosSin((position + i) * _rope.Frequencies[pair]);
                Cos[row * RopePairs + pair] = cos * _rope.Magnitude;
                Sin[row * RopePairs + pair] = sin * _rope.Magnitude;
            }
        }
        Count += count;
        LastPosition = Math.Max(LastPosition, position + count - 1);
    }

    private bool Has(KvCache cache)
    {
        foreach (ref readonly Run run in Runs)
        {
            if (run.Cache == cache)
                return true;
        }
        return false;
    }

    public void Dispose()
    {
        NativeMemory.Free(Positions);
        NativeMemory.Free(Cos);
        NativeMemory.Free(Sin);
        Positions = null;
        Cos = Sin = null;
    }
}

/// <summary>Rows `First`.. of the pass: `Count` consecutive positions of one sequence, from `Position` on.</summary>
internal readonly record struct Run(KvCache Cache, int First, int Count, int Position);
