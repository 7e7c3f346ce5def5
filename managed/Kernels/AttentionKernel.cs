using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>A type of key/value cache element, and how a vector of them becomes single precision.</summary>
internal unsafe interface ICacheElement
{
    static abstract int Bytes { get; }

    static abstract Vector512<float> Load512(byte* elements);

    static abstract Vector256<float> Load256(byte* elements);

    /// <summary>Writes `n` numbers, `stride` elements apart.</summary>
    static abstract void Store(float* values, int n, byte* elements, int stride);
}

/// <summary>Half precision.</summary>
internal readonly unsafe struct HalfElement : ICacheElement
{
    public static int Bytes => 2;

    // What Lanes.SingleToHalf wrote is zero or normal, so the new exponent bias is all there is to do, zero aside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* elements) => Normal(Vector512.WidenLower(Vector512.Create(Vector256.Load((short*)elements), default)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* elements) => Normal(Vector256.WidenLower(Vector256.Create(Vector128.Load((short*)elements), default)));

    // Sign-extended: the sign stands in bit 31 and in the bits above the exponent, which the mask clears.
    // 2^112 times the number that has the half's exponent field: exact, and 0 stays 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Normal(Vector512<int> h) =>
        (Vector512.ShiftLeft(h, 13) & Vector512.Create(unchecked((int)0x8fffe000))).AsSingle() * Vector512.Create(5.192296858534828e33f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Normal(Vector256<int> h) =>
        (Vector256.ShiftLeft(h, 13) & Vector256.Create(unchecked((int)0x8fffe000))).AsSingle() * Vector256.Create(5.192296858534828e33f);

    public static void Store(float* values, int n, byte* elements, int stride)
    {
        ushort* to = (ushort*)elements;
        if (stride == 1)
        {
            int i = 0;
            for (; i <= n - 8; i += 8)
                Lanes.SingleToHalf(Vector256.Load(values + i)).Store(to + i);
            for (; i < n; i++)
                to[i] = Lanes.SingleToHalf(values[i]);
            return;
        }
        for (int i = 0; i < n; i++)
            to[(long)i * stride] = Lanes.SingleToHalf(values[i]);
    }
}

/// <summary>Single precision.</summary>
internal readonly unsafe struct SingleElement : ICacheElement
{
    public static int Bytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* elements) => Vector512.Load((float*)elements);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* elements) => Vector256.Load((float*)elements);

    public static void Store(float* values, int n, byte* elements, int stride)
    {
        float* to = (float*)elements;
        for (int i = 0; i < n; i++)
            to[(long)i * stride] = values[i];
    }
}

/// <summary>
/// Attention of one query over one block of 64 keys, in the three steps of flash attention (Dao et al., 2022):
/// scores, softmax within the block, weighted sum of values. A lane is a key in the first, an element of the value in the last;
/// no sum goes across lanes but the softmax's, in a fixed tree. Up to four queries share each key that is loaded.
/// </summary>
/// <remarks>A block of keys lies as (element of the head, 64 keys), a block of values as (64 keys, elements of the head).</remarks>
internal static unsafe class AttentionKernel<T> where T : unmanaged, ICacheElement
{
    /// <summary>scores[q][64] = sum over d of query[q][d] · key[d][64]; d in order, one multiply-add each. Queries lie `queryStride` apart.</summary>
    public static void Scores(byte* keys, float* query, int queryStride, int queries, int headSize, float* scores)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (queries > 2)
            {
                for (int half = 0; half < 2; half++)
                    Scores4x32(keys + half * 32 * T.Bytes, query, query + queryStride, query + 2 * queryStride, query + (queries - 1) * queryStride, headSize, scores + half * 32, queries);
                return;
            }
            for (int q = 0; q < queries; q++)
                Scores1x64(keys, query + q * queryStride, headSize, scores + q * KeyBlock.Keys);
            return;
        }
        for (int q = 0; q < queries; q++)
        {
            Scores1x32(keys, query + q * queryStride, headSize, scores + q * KeyBlock.Keys);
            Scores1x32(keys + 32 * T.Bytes, query + q * queryStride, headSize, scores + q * KeyBlock.Keys + 32);
        }
    }

    // The fourth query may be the third one again.
    private static void Scores4x32(byte* k, float* q0, float* q1, float* q2, float* q3, int n, float* scores, int queries)
    {
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int i = 0; i < n; i++, k += KeyBlock.Keys * T.Bytes)
        {
            Vector512<float> k0 = T.Load512(k), k1 = T.Load512(k + 16 * T.Bytes);
            Vector512<float> q = Vector512.Create(q0[i]);
            a0 = Vector512.FusedMultiplyAdd(q, k0, a0);
            a1 = Vector512.FusedMultiplyAdd(q, k1, a1);
            q = Vector512.Create(q1[i]);
            b0 = Vector512.FusedMultiplyAdd(q, k0, b0);
            b1 = Vector512.FusedMultiplyAdd(q, k1, b1);
            q = Vector512.Create(q2[i]);
            c0 = Vector512.FusedMultiplyAdd(q, k0, c0);
            c1 = Vector512.FusedMultiplyAdd(q, k1, c1);
            q = Vector512.Create(q3[i]);
            d0 = Vector512.FusedMultiplyAdd(q, k0, d0);
            d1 = Vector512.FusedMultiplyAdd(q, k1, d1);
        }
        a0.Store(scores);
        a1.Store(scores + 16);
        b0.Store(scores + 64);
        b1.Store(scores + 80);
        c0.Store(scores + 128);
        c1.Store(scores + 144);
        if (queries == 4)
        {
            d0.Store(scores + 192);
            d1.Store(scores + 208);
        }
    }

    private static void Scores1x64(byte* k, float* query, int n, float* scores)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (int i = 0; i < n; i++, k += KeyBlock.Keys * T.Bytes)
        {
            Vector512<float> q = Vector512.Create(query[i]);
            a = Vector512.FusedMultiplyAdd(q, T.Load512(k), a);
            b = Vector512.FusedMultiplyAdd(q, T.Load512(k + 16 * T.Bytes), b);
            c = Vector512.FusedMultiplyAdd(q, T.Load512(k + 32 * T.Bytes), c);
            d = Vector512.FusedMultiplyAdd(q, T.Load512(k + 48 * T.Bytes), d);
        }
        a.Store(scores);
        b.Store(scores + 16);
        c.Store(scores + 32);
        d.Store(scores + 48);
    }

    private static void Scores1x32(byte* k, float* query, int n, float* scores)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (int i = 0; i < n; i++, k += KeyBlock.Keys * T.Bytes)
        {
            Vector256<float> q = Vector256.Create(query[i]);
            a = Vector256.FusedMultiplyAdd(q, T.Load256(k), a);
            b = Vector256.FusedMultiplyAdd(q, T.Load256(k + 8 * T.Bytes), b);
            c = Vector256.FusedMultiplyAdd(q, T.Load256(k + 16 * T.Bytes), c);
            d = Vector256.FusedMultiplyAdd(q, T.Load256(k + 24 * T.Bytes), d);
        }
        a.Store(scores);
        b.Store(scores + 8);
        c.Store(scores + 16);
        d.Store(scores + 24);
    }

    /// <summary>output[q][d] = sum over keys first..last of weight[q][key] · value[key][d], keys in order, one multiply-add each.
    /// `size` is a multiple of 16; output rows are `size` apart, weights 64 apart.</summary>
    public static void WeightedSum(byte* values, float* weights, int queries, int first, int last, int size, float* output)
    {
        int d = 0;
        values += (long)first * size * T.Bytes;
        weights += first;
        int keys = last - first;
        if (Vector512.IsHardwareAccelerated && queries > 2)
        {
            float* w3 = weights + (queries - 1) * KeyBlock.Keys;
            for (; d <= size - 32; d += 32)
                Sum4x32(values + d * T.Bytes, size * T.Bytes, weights, w3, keys, output + d, output + (queries - 1) * size + d, size);
        }
        if (d == size)
            return;
        for (int q = 0; q < queries; q++)
        {
            for (int e = d; e < size; e += 16)
                Sum1x16(values + e * T.Bytes, size * T.Bytes, weights + q * KeyBlock.Keys, keys, output + q * size + e);
        }
    }

    private static void Sum4x32(byte* v, int step, float* w, float* w3, int keys, float* output, float* output3, int size)
    {
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int i = 0; i < keys; i++, v += step)
        {
            Vector512<float> v0 = T.Load512(v), v1 = T.Load512(v + 16 * T.Bytes);
            Vector512<float> p = Vector512.Create(w[i]);
            a0 = Vector512.FusedMultiplyAdd(p, v0, a0);
            a1 = Vector512.FusedMultiplyAdd(p, v1, a1);
            p = Vector512.Create(w[i + 64]);
            b0 = Vector512.FusedMultiplyAdd(p, v0, b0);
            b1 = Vector512.FusedMultiplyAdd(p, v1, b1);
            p = Vector512.Create(w[i + 128]);
            c0 = Vector512.FusedMultiplyAdd(p, v0, c0);
            c1 = Vector512.FusedMultiplyAdd(p, v1, c1);
            p = Vector512.Create(w3[i]);
            d0 = Vector512.FusedMultiplyAdd(p, v0, d0);
            d1 = Vector512.FusedMultiplyAdd(p, v1, d1);
        }
        a0.Store(output);
        a1.Store(output + 16);
        b0.Store(output + size);
        b1.Store(output + size + 16);
        c0.Store(output + 2 * size);
        c1.Store(output + 2 * size + 16);
        d0.Store(output3);
        d1.Store(output3 + 16);
    }

    private static void Sum1x16(byte* v, int step, float* w, int keys, float* output)
    {
        Vector256<float> a = default, b = default;
        for (int i = 0; i < keys; i++, v += step)
        {
            Vector256<float> p = Vector256.Create(w[i]);
            a = Vector256.FusedMultiplyAdd(p, T.Load256(v), a);
            b = Vector256.FusedMultiplyAdd(p, T.Load256(v + 8 * T.Bytes), b);
        }
        a.Store(output);
        b.Store(output + 8);
    }
}

/// <summary>What of attention does not depend on the cache's type.</summary>
internal static unsafe class KeyBlock
{
    /// <summary>Keys in a block: the unit in which partial results are merged, so a constant of the arithmetic, not a tuning knob.</summary>
    public const int Keys = 64;

    /// <summary>
    /// In place, scores[64] become e^(score - max) for the keys first..last and 0 elsewhere.
    /// Returns the maximum and the sum of the weights.
    /// </summary>
    public static (float Max, float Sum) Softmax(float* scores, int first, int last)
    {
        for (int i = 0; i < first; i++)
            scores[i] = float.NegativeInfinity;
        for (int i = last; i < Keys; i++)
            scores[i] = float.NegativeInfinity;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> a = Vector512.Load(scores), b = Vector512.Load(scores + 16), c = Vector512.Load(scores + 32), d = Vector512.Load(scores + 48);
            float max = Reduce.Max(Vector512.Max(Vector512.Max(a, b), Vector512.Max(c, d)));
            Vector512<float> m = Vector512.Create(max);
            a = Exp.Compute(a - m);
            b = Exp.Compute(b - m);
            c = Exp.Compute(c - m);
            d = Exp.Compute(d - m);
            a.Store(scores);
            b.Store(scores + 16);
            c.Store(scores + 32);
            d.Store(scores + 48);
            return (max, Reduce.Sum((a + b) + (c + d)));
        }
        else
        {
            Vector256<float> largest = Vector256.Load(scores);
            for (int i = 8; i < Keys; i += 8)
                largest = Vector256.Max(largest, Vector256.Load(scores + i));
            float max = Reduce.Max(largest);
            Vector256<float> m = Vector256.Create(max);
            for (int i = 0; i < Keys; i += 8)
                Exp.Compute(Vector256.Load(scores + i) - m).Store(scores + i);
            Vector256<float> low = (Vector256.Load(scores) + Vector256.Load(scores + 16)) + (Vector256.Load(scores + 32) + Vector256.Load(scores + 48));
            Vector256<float> high = (Vector256.Load(scores + 8) + Vector256.Load(scores + 24)) + (Vector256.Load(scores + 40) + Vector256.Load(scores + 56));
            return (max, Reduce.Sum(low + high));
        }
    }

    /// <summary>Merges a block's partial result (max, sum, output) into the running one; `size` is a multiple of 8.</summary>
    public static void Merge(ref float runningMax, ref float runningSum, float* running, float max, float sum, float* output, int size)
    {
        float m = MathF.Max(runningMax, max);
        float a = Exp.Compute(runningMax - m), b = Exp.Compute(max - m);
        runningMax = m;
        runningSum = MathF.FusedMultiplyAdd(sum, b, runningSum * a);
        Vector256<float> va = Vector256.Create(a), vb = Vector256.Create(b);
        for (int i = 0; i < size; i += 8)
            Vector256.FusedMultiplyAdd(Vector256.Load(output + i), vb, Vector256.Load(running + i) * va).Store(running + i);
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
