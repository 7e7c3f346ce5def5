using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>What of attention does not depend on the cache's type.</summary>
internal static unsafe class KeyBlock
{
    /// <summary>Keys in a block: the unit in which partial results are merged, so a constant of the arithmetic, not a tuning knob.</summary>
    public const int Keys = 64;

    /// <summary>A run of elements longer than any head: for types of the cache that have no scales.</summary>
    public const int NoScales = 1 << 24;

    /// <summary>
    /// In place, scores[64] become e^(score - max) for the keys 0..`last` and 0 elsewhere.
    /// `maximum` and `sum` receive the largest score and the sum of the weights: in memory, where <see cref="Merge"/> takes four of them as a vector.
    /// </summary>
    public static void Softmax(float* scores, int last, float* maximum, float* sum)
    {
        for (int i = last; i < Keys; i++)
            scores[i] = float.NegativeInfinity;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> a = Vector512.Load(scores), b = Vector512.Load(scores + 16), c = Vector512.Load(scores + 32), d = Vector512.Load(scores + 48);
            float max = Reduce.MaxNative(Vector512.MaxNative(Vector512.MaxNative(a, b), Vector512.MaxNative(c, d)));
            Vector512<float> m = Vector512.Create(max);
            a = Exp.Compute(a - m);
            b = Exp.Compute(b - m);
            c = Exp.Compute(c - m);
            d = Exp.Compute(d - m);
            a.Store(scores);
            b.Store(scores + 16);
            c.Store(scores + 32);
            d.Store(scores + 48);
            *maximum = max;
            *sum = Reduce.Sum((a + b) + (c + d));
        }
        else
        {
            Vector256<float> largest = Vector256.Load(scores);
            for (int i = 8; i < Keys; i += 8)
                largest = Vector256.MaxNative(largest, Vector256.Load(scores + i));
            float max = Reduce.MaxNative(largest);
            Vector256<float> m = Vector256.Create(max);
            for (int i = 0; i < Keys; i += 8)
                Exp.Compute(Vector256.Load(scores + i) - m).Store(scores + i);
            Vector256<float> low = (Vector256.Load(scores) + Vector256.Load(scores + 16)) + (Vector256.Load(scores + 32) + Vector256.Load(scores + 48));
            Vector256<float> high = (Vector256.Load(scores + 8) + Vector256.Load(scores + 24)) + (Vector256.Load(scores + 40) + Vector256.Load(scores + 56));
            *maximum = max;
            *sum = Reduce.Sum(low + high);
        }
    }

    /// <summary>Merges later results of `count` queries, up to four, (max, sum, output) into the running ones. Of maxima and sums four are read;
    /// outputs of a query have `size` numbers, a multiple of 8.</summary>
    public static void Merge(float* runningMax, float* runningSum, float* running, float* max, float* sum, float* output, int size, int count)
    {
        Vector128<float> before = Vector128.Load(runningMax), after = Vector128.Load(max), m = Vector128.MaxNative(before, after);
        Vector256<float> factors = Exp.Compute(Vector256.Create(before - m, after - m));
        Vector128<float> a = factors.GetLower(), b = factors.GetUpper();
        Vector128<float> s = Vector128.FusedMultiplyAdd(Vector128.Load(sum), b, Vector128.Load(runningSum) * a);
        if (count == 4)
        {
            m.Store(runningMax);
            s.Store(runningSum);
        }
        for (int query = 0; query < count; query++, running += size, output += size)
        {
            if (count < 4)
                (runningMax[query], runningSum[query]) = (m.GetElement(query), s.GetElement(query));
            Vector256<float> va = Vector256.Create(a.GetElement(query)), vb = Vector256.Create(b.GetElement(query));
            for (int i = 0; i < size; i += 8)
                Vector256.FusedMultiplyAdd(Vector256.Load(output + i), vb, Vector256.Load(running + i) * va).Store(running + i);
        }
    }

    /// <summary>output = running / sum: the attention's result.</summary>
    public static void Finish(float* running, float sum, int size, float* output)
    {
        Vector256<float> inverse = Vector256.Create(1f / sum);
        int i = 0;
        for (; i <= size - 8; i += 8)
            (Vector256.Load(running + i) * inverse).Store(output + i);
        for (; i < size; i++)
            output[i] = running[i] * inverse[0];
    }
}
