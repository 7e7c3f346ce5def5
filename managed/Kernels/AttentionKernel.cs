using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>Four queries. With fewer than four, the last one stands in for the rest.</summary>
internal unsafe struct Four
{
    public float* A, B, C, D;
}

/// <summary>
/// Attention of four queries over one block of 64 keys, in the three steps of flash attention (Dao et al., 2022):
/// scores, softmax within the block, weighted sum of values. A lane is a key in the first, an element of the value in the last;
/// no sum goes across lanes but the softmax's, in a fixed tree. The four share each key and value that is loaded.
/// </summary>
/// <remarks>A block of keys lies as (element of the head, 64 keys), a block of values as (64 keys, elements of the head).</remarks>
internal static unsafe class AttentionKernel<T> where T : unmanaged, ICacheElement
{
    /// <summary>scores[q][64] = sum over d of query[q][d] · key[d][64]; d in order, one multiply-add each.</summary>
    public static void Scores(byte* keys, Four queries, int headSize, float* scores)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Scores64(keys, queries, headSize, scores);
            return;
        }
        for (int i = 0; i < KeyBlock.Keys; i += 16)
            Scores16(keys + i * T.Bytes, queries, headSize, scores + i);
    }

    private static void Scores64(byte* k, Four query, int n, float* scores)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        float* qa = query.A, qb = query.B, qc = query.C, qd = query.D;
        for (int i = 0; i < n; i++, k += KeyBlock.Keys * T.Bytes)
        {
            Vector512<float> k0 = T.Load512(k), k1 = T.Load512(k + 16 * T.Bytes), k2 = T.Load512(k + 32 * T.Bytes), k3 = T.Load512(k + 48 * T.Bytes);
            Vector512<float> q = Vector512.Create(qa[i]);
            a0 = Vector512.FusedMultiplyAdd(q, k0, a0);
            a1 = Vector512.FusedMultiplyAdd(q, k1, a1);
            a2 = Vector512.FusedMultiplyAdd(q, k2, a2);
            a3 = Vector512.FusedMultiplyAdd(q, k3, a3);
            q = Vector512.Create(qb[i]);
            b0 = Vector512.FusedMultiplyAdd(q, k0, b0);
            b1 = Vector512.FusedMultiplyAdd(q, k1, b1);
            b2 = Vector512.FusedMultiplyAdd(q, k2, b2);
            b3 = Vector512.FusedMultiplyAdd(q, k3, b3);
            q = Vector512.Create(qc[i]);
            c0 = Vector512.FusedMultiplyAdd(q, k0, c0);
            c1 = Vector512.FusedMultiplyAdd(q, k1, c1);
            c2 = Vector512.FusedMultiplyAdd(q, k2, c2);
            c3 = Vector512.FusedMultiplyAdd(q, k3, c3);
            q = Vector512.Create(qd[i]);
            d0 = Vector512.FusedMultiplyAdd(q, k0, d0);
            d1 = Vector512.FusedMultiplyAdd(q, k1, d1);
            d2 = Vector512.FusedMultiplyAdd(q, k2, d2);
            d3 = Vector512.FusedMultiplyAdd(q, k3, d3);
        }
        Store(a0, a1, a2, a3, scores);
        Store(b0, b1, b2, b3, scores + 64);
        Store(c0, c1, c2, c3, scores + 128);
        Store(d0, d1, d2, d3, scores + 192);
    }

    private static void Scores16(byte* k, Four query, int n, float* scores)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        float* qa = query.A, qb = query.B, qc = query.C, qd = query.D;
        for (int i = 0; i < n; i++, k += KeyBlock.Keys * T.Bytes)
        {
            Vector256<float> k0 = T.Load256(k), k1 = T.Load256(k + 8 * T.Bytes);
            Vector256<float> q = Vector256.Create(qa[i]);
            a0 = Vector256.FusedMultiplyAdd(q, k0, a0);
            a1 = Vector256.FusedMultiplyAdd(q, k1, a1);
            q = Vector256.Create(qb[i]);
            b0 = Vector256.FusedMultiplyAdd(q, k0, b0);
            b1 = Vector256.FusedMultiplyAdd(q, k1, b1);
            q = Vector256.Create(qc[i]);
            c0 = Vector256.FusedMultiplyAdd(q, k0, c0);
            c1 = Vector256.FusedMultiplyAdd(q, k1, c1);
            q = Vector256.Create(qd[i]);
            d0 = Vector256.FusedMultiplyAdd(q, k0, d0);
            d1 = Vector256.FusedMultiplyAdd(q, k1, d1);
        }
        Store(a0, a1, scores);
        Store(b0, b1, scores + 64);
        Store(c0, c1, scores + 128);
        Store(d0, d1, scores + 192);
    }

    /// <summary>output[q][d] = sum over keys 0..`keys` of weight[q][key] · value[key][d], keys in order, one multiply-add each.
    /// `size` is a multiple of 16; results are `size` apart, weights 64 apart.</summary>
    public static void WeightedSum(byte* values, float* weights, int keys, int size, float* output)
    {
        int d = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; d <= size - 64; d += 64)
                Sum64(values + d * T.Bytes, size * T.Bytes, weights, keys, output + d, size);
        }
        for (; d < size; d += 16)
            Sum16(values + d * T.Bytes, size * T.Bytes, weights, keys, output + d, size);
    }

    private static void Sum64(byte* v, int step, float* w, int keys, float* output, int size)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        for (int i = 0; i < keys; i++, v += step, w++)
        {
            Vector512<float> v0 = T.Load512(v), v1 = T.Load512(v + 16 * T.Bytes), v2 = T.Load512(v + 32 * T.Bytes), v3 = T.Load512(v + 48 * T.Bytes);
            Vector512<float> p = Vector512.Create(w[0]);
            a0 = Vector512.FusedMultiplyAdd(p, v0, a0);
            a1 = Vector512.FusedMultiplyAdd(p, v1, a1);
            a2 = Vector512.FusedMultiplyAdd(p, v2, a2);
            a3 = Vector512.FusedMultiplyAdd(p, v3, a3);
            p = Vector512.Create(w[64]);
            b0 = Vector512.FusedMultiplyAdd(p, v0, b0);
            b1 = Vector512.FusedMultiplyAdd(p, v1, b1);
            b2 = Vector512.FusedMultiplyAdd(p, v2, b2);
            b3 = Vector512.FusedMultiplyAdd(p, v3, b3);
            p = Vector512.Create(w[128]);
            c0 = Vector512.FusedMultiplyAdd(p, v0, c0);
            c1 = Vector512.FusedMultiplyAdd(p, v1, c1);
            c2 = Vector512.FusedMultiplyAdd(p, v2, c2);
            c3 = Vector512.FusedMultiplyAdd(p, v3, c3);
            p = Vector512.Create(w[192]);
            d0 = Vector512.FusedMultiplyAdd(p, v0, d0);
            d1 = Vector512.FusedMultiplyAdd(p, v1, d1);
            d2 = Vector512.FusedMultiplyAdd(p, v2, d2);
            d3 = Vector512.FusedMultiplyAdd(p, v3, d3);
        }
        Store(a0, a1, a2, a3, output);
        Store(b0, b1, b2, b3, output + size);
        Store(c0, c1, c2, c3, output + 2 * size);
        Store(d0, d1, d2, d3, output + 3 * size);
    }

    private static void Sum16(byte* v, int step, float* w, int keys, float* output, int size)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int i = 0; i < keys; i++, v += step, w++)
        {
            Vector256<float> v0 = T.Load256(v), v1 = T.Load256(v + 8 * T.Bytes);
            Vector256<float> p = Vector256.Create(w[0]);
            a0 = Vector256.FusedMultiplyAdd(p, v0, a0);
            a1 = Vector256.FusedMultiplyAdd(p, v1, a1);
            p = Vector256.Create(w[64]);
            b0 = Vector256.FusedMultiplyAdd(p, v0, b0);
            b1 = Vector256.FusedMultiplyAdd(p, v1, b1);
            p = Vector256.Create(w[128]);
            c0 = Vector256.FusedMultiplyAdd(p, v0, c0);
            c1 = Vector256.FusedMultiplyAdd(p, v1, c1);
            p = Vector256.Create(w[192]);
            d0 = Vector256.FusedMultiplyAdd(p, v0, d0);
            d1 = Vector256.FusedMultiplyAdd(p, v1, d1);
        }
        Store(a0, a1, output);
        Store(b0, b1, output + size);
        Store(c0, c1, output + 2 * size);
        Store(d0, d1, output + 3 * size);
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
    private static void Store(Vector256<float> a, Vector256<float> b, float* output)
    {
        a.Store(output);
        b.Store(output + 8);
    }
}
