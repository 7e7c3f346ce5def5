using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>One to four queries.</summary>
internal unsafe struct Four
{
    public int Count;
    public float* A, B, C, D;
}

/// <summary>
/// Attention of up to four queries over one block of 64 keys, in the three steps of flash attention (Dao et al., 2022):
/// scores, softmax within the block, weighted sum of values. A lane is a key in the first, an element of the value in the last;
/// no sum goes across lanes but the softmax's, in a fixed tree. The queries share each key and value that is loaded.
/// </summary>
/// <remarks>A block of keys lies as (element of the head, 64 keys), a block of values as (64 keys, elements of the head): see <see cref="CacheBlock"/>.</remarks>
internal static unsafe class AttentionKernel<T> where T : unmanaged, ICacheElement
{
    /// <summary>scores[q][64] = sum over d of query[q][d] · key[d][64]; d in order, one multiply-add each. Scores of the keys 0..`count` are wanted,
    /// others may be left out. What lies `ahead` bytes further is asked for meanwhile: the next block of a head is in another page, where the
    /// processor's own prefetching has to begin anew.</summary>
    public static void Scores(in CacheBlock block, Four queries, int count, int headSize, long ahead, float* scores)
    {
        switch (queries.Count)
        {
            case 1:
                Scores<OneQuery>(block, queries, count, headSize, ahead, scores);
                break;
            case 2:
                Scores<TwoQueries>(block, queries, count, headSize, ahead, scores);
                break;
            case 3:
                Scores<ThreeQueries>(block, queries, count, headSize, ahead, scores);
                break;
            default:
                Scores<FourQueries>(block, queries, count, headSize, ahead, scores);
                break;
        }
    }

    private static void Scores<TQueries>(in CacheBlock block, Four queries, int count, int headSize, long ahead, float* scores)
        where TQueries : unmanaged, IQueryCount
    {
        // A run of elements with the same scales at a time: a loop within a loop would not keep all sums in registers.
        for (int from = 0; from < headSize; from += T.ScaleRun)
        {
            byte* keys = block.Keys + from * KeyBlock.Keys * T.Bytes, scales = block.KeyScales + from / T.ScaleRun * KeyBlock.Keys * T.ScaleBytes;
            int n = Math.Min(T.ScaleRun, headSize - from);
            if (Vector512.IsHardwareAccelerated)
            {
                if (count > 32)
                    Scores64<TQueries>(keys, scales, queries, from, n, ahead, scores);
                else
                    Scores32<TQueries>(keys, scales, queries, from, n, ahead, scores);
            }
            else
            {
                for (int i = 0; i < count; i += 16)
                    Scores16<TQueries>(keys + i * T.Bytes, scales + i * T.ScaleBytes, queries, from, n, ahead, scores + i);
            }
        }
    }

    private static void Scores64<TQueries>(byte* k, byte* scales, Four query, int from, int n, long ahead, float* scores) where TQueries : unmanaged, IQueryCount
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        if (T.ScaleRun < KeyBlock.NoScales && from > 0)
        {
            (a0, a1, a2, a3) = (Vector512.Load(scores), Vector512.Load(scores + 16), Vector512.Load(scores + 32), Vector512.Load(scores + 48));
            if (TQueries.Value > 1) (b0, b1, b2, b3) = (Vector512.Load(scores + 64), Vector512.Load(scores + 80), Vector512.Load(scores + 96), Vector512.Load(scores + 112));
            if (TQueries.Value > 2) (c0, c1, c2, c3) = (Vector512.Load(scores + 128), Vector512.Load(scores + 144), Vector512.Load(scores + 160), Vector512.Load(scores + 176));
            if (TQueries.Value > 3) (d0, d1, d2, d3) = (Vector512.Load(scores + 192), Vector512.Load(scores + 208), Vector512.Load(scores + 224), Vector512.Load(scores + 240));
        }
        Vector512<float> s0 = T.Scales512(scales), s1 = T.Scales512(scales + 16 * T.ScaleBytes), s2 = T.Scales512(scales + 32 * T.ScaleBytes), s3 = T.Scales512(scales + 48 * T.ScaleBytes);
        Ask(scales + ahead, T.ScaleBytes);
        float* qa = query.A + from, qb = query.B + from, qc = query.C + from, qd = query.D + from;
        for (int i = 0; i < n; i++, k += KeyBlock.Keys * T.Bytes)
        {
            Vector512<float> k0 = T.Load512(k, s0), k1 = T.Load512(k + 16 * T.Bytes, s1), k2 = T.Load512(k + 32 * T.Bytes, s2), k3 = T.Load512(k + 48 * T.Bytes, s3);
            Vector512<float> q = Vector512.Create(qa[i]);
            a0 = Vector512.FusedMultiplyAdd(q, k0, a0);
            a1 = Vector512.FusedMultiplyAdd(q, k1, a1);
            a2 = Vector512.FusedMultiplyAdd(q, k2, a2);
            a3 = Vector512.FusedMultiplyAdd(q, k3, a3);
            if (TQueries.Value > 1)
            {
                q = Vector512.Create(qb[i]);
                b0 = Vector512.FusedMultiplyAdd(q, k0, b0);
                b1 = Vector512.FusedMultiplyAdd(q, k1, b1);
                b2 = Vector512.FusedMultiplyAdd(q, k2, b2);
                b3 = Vector512.FusedMultiplyAdd(q, k3, b3);
            }
            if (TQueries.Value > 2)
            {
                q = Vector512.Create(qc[i]);
                c0 = Vector512.FusedMultiplyAdd(q, k0, c0);
                c1 = Vector512.FusedMultiplyAdd(q, k1, c1);
                c2 = Vector512.FusedMultiplyAdd(q, k2, c2);
                c3 = Vector512.FusedMultiplyAdd(q, k3, c3);
            }
            if (TQueries.Value > 3)
            {
                q = Vector512.Create(qd[i]);
                d0 = Vector512.FusedMultiplyAdd(q, k0, d0);
                d1 = Vector512.FusedMultiplyAdd(q, k1, d1);
                d2 = Vector512.FusedMultiplyAdd(q, k2, d2);
                d3 = Vector512.FusedMultiplyAdd(q, k3, d3);
            }
            Ask(k + ahead, Lines);
        }
        Store(a0, a1, a2, a3, scores);
        if (TQueries.Value > 1) Store(b0, b1, b2, b3, scores + 64);
        if (TQueries.Value > 2) Store(c0, c1, c2, c3, scores + 128);
        if (TQueries.Value > 3) Store(d0, d1, d2, d3, scores + 192);
    }

    private static void Scores32<TQueries>(byte* k, byte* scales, Four query, int from, int n, long ahead, float* scores) where TQueries : unmanaged, IQueryCount
    {
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        if (T.ScaleRun < KeyBlock.NoScales && from > 0)
        {
            (a0, a1) = (Vector512.Load(scores), Vector512.Load(scores + 16));
            if (TQueries.Value > 1) (b0, b1) = (Vector512.Load(scores + 64), Vector512.Load(scores + 80));
            if (TQueries.Value > 2) (c0, c1) = (Vector512.Load(scores + 128), Vector512.Load(scores + 144));
            if (TQueries.Value > 3) (d0, d1) = (Vector512.Load(scores + 192), Vector512.Load(scores + 208));
        }
        Vector512<float> s0 = T.Scales512(scales), s1 = T.Scales512(scales + 16 * T.ScaleBytes);
        Ask(scales + ahead, T.ScaleBytes);
        float* qa = query.A + from, qb = query.B + from, qc = query.C + from, qd = query.D + from;
        for (int i = 0; i < n; i++, k += KeyBlock.Keys * T.Bytes)
        {
            Vector512<float> k0 = T.Load512(k, s0), k1 = T.Load512(k + 16 * T.Bytes, s1);
            Vector512<float> q = Vector512.Create(qa[i]);
            a0 = Vector512.FusedMultiplyAdd(q, k0, a0);
            a1 = Vector512.FusedMultiplyAdd(q, k1, a1);
            if (TQueries.Value > 1)
            {
                q = Vector512.Create(qb[i]);
                b0 = Vector512.FusedMultiplyAdd(q, k0, b0);
                b1 = Vector512.FusedMultiplyAdd(q, k1, b1);
            }
            if (TQueries.Value > 2)
            {
                q = Vector512.Create(qc[i]);
                c0 = Vector512.FusedMultiplyAdd(q, k0, c0);
                c1 = Vector512.FusedMultiplyAdd(q, k1, c1);
            }
            if (TQueries.Value > 3)
            {
                q = Vector512.Create(qd[i]);
                d0 = Vector512.FusedMultiplyAdd(q, k0, d0);
                d1 = Vector512.FusedMultiplyAdd(q, k1, d1);
            }
            Ask(k + ahead, Lines);
        }
        Store(a0, a1, scores);
        if (TQueries.Value > 1) Store(b0, b1, scores + 64);
        if (TQueries.Value > 2) Store(c0, c1, scores + 128);
        if (TQueries.Value > 3) Store(d0, d1, scores + 192);
    }

    private static void Scores16<TQueries>(byte* k, byte* scales, Four query, int from, int n, long ahead, float* scores) where TQueries : unmanaged, IQueryCount
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        if (T.ScaleRun < KeyBlock.NoScales && from > 0)
        {
            (a0, a1) = (Vector256.Load(scores), Vector256.Load(scores + 8));
            if (TQueries.Value > 1) (b0, b1) = (Vector256.Load(scores + 64), Vector256.Load(scores + 72));
            if (TQueries.Value > 2) (c0, c1) = (Vector256.Load(scores + 128), Vector256.Load(scores + 136));
            if (TQueries.Value > 3) (d0, d1) = (Vector256.Load(scores + 192), Vector256.Load(scores + 200));
        }
        Vector256<float> s0 = T.Scales256(scales), s1 = T.Scales256(scales + 8 * T.ScaleBytes);
        Ask(scales + ahead, T.ScaleBytes);
        float* qa = query.A + from, qb = query.B + from, qc = query.C + from, qd = query.D + from;
        for (int i = 0; i < n; i++, k += KeyBlock.Keys * T.Bytes)
        {
            Vector256<float> k0 = T.Load256(k, s0), k1 = T.Load256(k + 8 * T.Bytes, s1);
            Vector256<float> q = Vector256.Create(qa[i]);
            a0 = Vector256.FusedMultiplyAdd(q, k0, a0);
            a1 = Vector256.FusedMultiplyAdd(q, k1, a1);
            if (TQueries.Value > 1)
            {
                q = Vector256.Create(qb[i]);
                b0 = Vector256.FusedMultiplyAdd(q, k0, b0);
                b1 = Vector256.FusedMultiplyAdd(q, k1, b1);
            }
            if (TQueries.Value > 2)
            {
                q = Vector256.Create(qc[i]);
                c0 = Vector256.FusedMultiplyAdd(q, k0, c0);
                c1 = Vector256.FusedMultiplyAdd(q, k1, c1);
            }
            if (TQueries.Value > 3)
            {
                q = Vector256.Create(qd[i]);
                d0 = Vector256.FusedMultiplyAdd(q, k0, d0);
                d1 = Vector256.FusedMultiplyAdd(q, k1, d1);
            }
            Ask(k + ahead, Lines / T.Bytes);
        }
        Store(a0, a1, scores);
        if (TQueries.Value > 1) Store(b0, b1, scores + 64);
        if (TQueries.Value > 2) Store(c0, c1, scores + 128);
        if (TQueries.Value > 3) Store(d0, d1, scores + 192);
    }

    /// <summary>output[q][d] = sum over keys 0..`keys` of weight[q][key] · value[key][d], keys in order, one multiply-add each.
    /// `size` is a multiple of 16; results are `size` apart, weights 64 apart.</summary>
    public static void WeightedSum(in CacheBlock block, float* weights, int queries, int keys, int size, long ahead, float* output)
    {
        switch (queries)
        {
            case 1:
                WeightedSum<OneQuery>(block, weights, keys, size, ahead, output);
                break;
            case 2:
                WeightedSum<TwoQueries>(block, weights, keys, size, ahead, output);
                break;
            case 3:
                WeightedSum<ThreeQueries>(block, weights, keys, size, ahead, output);
                break;
            default:
                WeightedSum<FourQueries>(block, weights, keys, size, ahead, output);
                break;
        }
    }

    private static void WeightedSum<TQueries>(in CacheBlock block, float* weights, int keys, int size, long ahead, float* output)
        where TQueries : unmanaged, IQueryCount
    {
        int d = 0, scaleStep = Runs(size) * T.ScaleBytes;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; d <= size - 64; d += 64)
                Sum64<TQueries>(block.Values + d * T.Bytes, block.ValueScales + d / T.ScaleRun * T.ScaleBytes, scaleStep, weights, keys, ahead, output + d, size);
        }
        for (; d < size; d += 16)
            Sum16<TQueries>(block.Values + d * T.Bytes, block.ValueScales + d / T.ScaleRun * T.ScaleBytes, scaleStep, weights, keys, ahead, output + d, size);
    }

    /// <summary>Keys and values in single precision: keys (head size, 64), values (64, value size).</summary>
    public static void Convert(in CacheBlock block, int headSize, int valueSize, float* keys, float* values)
    {
        for (int d = 0; d < headSize; d++)
        {
            byte* from = block.Keys + d * KeyBlock.Keys * T.Bytes, scales = block.KeyScales + d / T.ScaleRun * KeyBlock.Keys * T.ScaleBytes;
            for (int i = 0; i < KeyBlock.Keys; i += 8)
                T.Load256(from + i * T.Bytes, T.Scales256(scales + i * T.ScaleBytes)).Store(keys + d * KeyBlock.Keys + i);
        }
        int runs = Runs(valueSize);
        for (int i = 0; i < KeyBlock.Keys; i++)
        {
            byte* from = block.Values + i * valueSize * T.Bytes, scales = block.ValueScales + i * runs * T.ScaleBytes;
            for (int d = 0; d < valueSize; d += 8)
                T.Load256(from + d * T.Bytes, T.Scale256(scales + d / T.ScaleRun * T.ScaleBytes)).Store(values + i * valueSize + d);
        }
    }

    /// <summary>Lines of 64 bytes that 64 elements fill. None in single precision: that is what converted blocks have, and they are near.</summary>
    private static int Lines
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.Bytes < 4 ? T.Bytes : 0;
    }

    /// <summary>Asks for so many lines: 0, 1 or 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask(byte* p, int lines)
    {
        if (!Sse.IsSupported)
            return;
        if (lines > 0) Sse.Prefetch0(p);
        if (lines > 1) Sse.Prefetch0(p + 64);
    }

    /// <summary>Scales of so many elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Runs(int elements) => (elements + T.ScaleRun - 1) / T.ScaleRun;

    private static void Sum64<TQueries>(byte* v, byte* scales, int scaleStep, float* w, int keys, long ahead, float* output, int size)
        where TQueries : unmanaged, IQueryCount
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        int step = size * T.Bytes;
        for (int i = 0; i < keys; i++, v += step, scales += scaleStep, w++)
        {
            Vector512<float> s0 = T.Scale512(scales), s1 = T.Scale512(scales + 32 / T.ScaleRun * T.ScaleBytes);
            Vector512<float> v0 = T.Load512(v, s0), v1 = T.Load512(v + 16 * T.Bytes, s0), v2 = T.Load512(v + 32 * T.Bytes, s1), v3 = T.Load512(v + 48 * T.Bytes, s1);
            Vector512<float> p = Vector512.Create(w[0]);
            a0 = Vector512.FusedMultiplyAdd(p, v0, a0);
            a1 = Vector512.FusedMultiplyAdd(p, v1, a1);
            a2 = Vector512.FusedMultiplyAdd(p, v2, a2);
            a3 = Vector512.FusedMultiplyAdd(p, v3, a3);
            if (TQueries.Value > 1)
            {
                p = Vector512.Create(w[64]);
                b0 = Vector512.FusedMultiplyAdd(p, v0, b0);
                b1 = Vector512.FusedMultiplyAdd(p, v1, b1);
                b2 = Vector512.FusedMultiplyAdd(p, v2, b2);
                b3 = Vector512.FusedMultiplyAdd(p, v3, b3);
            }
            if (TQueries.Value > 2)
            {
                p = Vector512.Create(w[128]);
                c0 = Vector512.FusedMultiplyAdd(p, v0, c0);
                c1 = Vector512.FusedMultiplyAdd(p, v1, c1);
                c2 = Vector512.FusedMultiplyAdd(p, v2, c2);
                c3 = Vector512.FusedMultiplyAdd(p, v3, c3);
            }
            if (TQueries.Value > 3)
            {
                p = Vector512.Create(w[192]);
                d0 = Vector512.FusedMultiplyAdd(p, v0, d0);
                d1 = Vector512.FusedMultiplyAdd(p, v1, d1);
                d2 = Vector512.FusedMultiplyAdd(p, v2, d2);
                d3 = Vector512.FusedMultiplyAdd(p, v3, d3);
            }
            Ask(v + ahead, Lines);
            Ask(scales + ahead, T.ScaleBytes / 2);
        }
        Store(a0, a1, a2, a3, output);
        if (TQueries.Value > 1) Store(b0, b1, b2, b3, output + size);
        if (TQueries.Value > 2) Store(c0, c1, c2, c3, output + 2 * size);
        if (TQueries.Value > 3) Store(d0, d1, d2, d3, output + 3 * size);
    }

    private static void Sum16<TQueries>(byte* v, byte* scales, int scaleStep, float* w, int keys, long ahead, float* output, int size)
        where TQueries : unmanaged, IQueryCount
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        int step = size * T.Bytes;
        for (int i = 0; i < keys; i++, v += step, scales += scaleStep, w++)
        {
            Vector256<float> s = T.Scale256(scales);
            Vector256<float> v0 = T.Load256(v, s), v1 = T.Load256(v + 8 * T.Bytes, s);
            Vector256<float> p = Vector256.Create(w[0]);
            a0 = Vector256.FusedMultiplyAdd(p, v0, a0);
            a1 = Vector256.FusedMultiplyAdd(p, v1, a1);
            if (TQueries.Value > 1)
            {
                p = Vector256.Create(w[64]);
                b0 = Vector256.FusedMultiplyAdd(p, v0, b0);
                b1 = Vector256.FusedMultiplyAdd(p, v1, b1);
            }
            if (TQueries.Value > 2)
            {
                p = Vector256.Create(w[128]);
                c0 = Vector256.FusedMultiplyAdd(p, v0, c0);
                c1 = Vector256.FusedMultiplyAdd(p, v1, c1);
            }
            if (TQueries.Value > 3)
            {
                p = Vector256.Create(w[192]);
                d0 = Vector256.FusedMultiplyAdd(p, v0, d0);
                d1 = Vector256.FusedMultiplyAdd(p, v1, d1);
            }
            Ask(v + ahead, Lines / T.Bytes);
            Ask(scales + ahead, T.ScaleBytes / 2);
        }
        Store(a0, a1, output);
        if (TQueries.Value > 1) Store(b0, b1, output + size);
        if (TQueries.Value > 2) Store(c0, c1, output + 2 * size);
        if (TQueries.Value > 3) Store(d0, d1, output + 3 * size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* output)
    {
        a.Store(output);
        b.Store(output + 16);
        c.Store(output + 32);
        d.Store(output + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> a, Vector512<float> b, float* output)
    {
        a.Store(output);
        b.Store(output + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> a, Vector256<float> b, float* output)
    {
        a.Store(output);
        b.Store(output + 8);
    }
}
