using Realm.Kernels;

namespace Realm.Branches;

/// <summary>How far the attention of some queries has come: for each the largest score, the sum of weights, and the weighted values.</summary>
internal readonly unsafe struct AttentionState(float* memory, int queries, int valueSize)
{
    /// <summary>Weighted values, (queries, value size).</summary>
    public float* Running { get; } = memory;

    /// <summary>Largest scores; minus infinity where there was no key yet.</summary>
    public float* Maxima { get; } = memory + (long)queries * valueSize;

    /// <summary>Sums of weights.</summary>
    public float* Sums { get; } = memory + (long)queries * (valueSize + 1);

    /// <summary>Numbers that a state takes, filled up to whole cache lines. Maxima and sums are read four at a time: so three more.</summary>
    public static long Floats(int queries, int valueSize) => checked(((long)queries * (valueSize + 2) + 3 + 15) / 16 * 16);

    /// <summary>Nothing seen yet, for the first `count` queries.</summary>
    public void Clear(int count)
    {
        new Span<float>(Running, count * valueSize).Clear();
        new Span<float>(Maxima, count).Fill(float.NegativeInfinity);
        new Span<float>(Sums, count).Clear();
    }

    /// <summary>Adds to a query a key with this score and a value of zeros.</summary>
    public void MergeSink(int query, float score)
    {
        float max = MathF.Max(Maxima[query], score), factor = Exp.Compute(Maxima[query] - max);
        float* running = Running + (long)query * valueSize;
        for (int i = 0; i < valueSize; i++)
            running[i] *= factor;
        Sums[query] = Sums[query] * factor + Exp.Compute(score - max);
        Maxima[query] = max;
    }

    /// <summary>Adds what came of later keys. A query that sees none of them is left as it is.</summary>
    public void Merge(AttentionState later, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (later.Maxima[i] != float.NegativeInfinity)
                KeyBlock.Merge(Maxima + i, Sums + i, Running + (long)i * valueSize, later.Maxima + i, later.Sums + i, later.Running + (long)i * valueSize, valueSize, 1);
        }
    }
}
