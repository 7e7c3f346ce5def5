using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

// 512-bit: 16 rows at a time.
internal readonly unsafe partial struct ByteGemm<T>
{
    /// <summary>512-bit.</summary>
    internal static void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        if (tokens > 4)
            Multiply8(weights, blocks, tile, scales, output);
        else if (tokens > 1)
            Multiply4(weights, blocks, tile, scales, output);
        else
            Multiply1(weights, blocks, tile, scales, output);
    }

    private static void Multiply8(byte* w, int blocks, byte* a, float* s, float* output)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            Prefetch.Lines(w, (BlockBytes + 63) / 64);
            // Half a block at a time: 8 vectors of weights and 8 sums.
            Load(w, 0, out var e0, out var o0, out var e1, out var o1, out var e2, out var o2, out var e3, out var o3);
            Vector512<int> s0 = Sum(a, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s1 = Sum(a + 64, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s2 = Sum(a + 128, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s3 = Sum(a + 192, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s4 = Sum(a + 256, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s5 = Sum(a + 320, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s6 = Sum(a + 384, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s7 = Sum(a + 448, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<float> d = T.Scale(w);
            Load(w, 4, out e0, out o0, out e1, out o1, out e2, out o2, out e3, out o3);
            c0 = Finish(c0, s0 + Sum(a + 32, e0, o0, e1, o1, e2, o2, e3, o3), s, d);
            c1 = Finish(c1, s1 + Sum(a + 96, e0, o0, e1, o1, e2, o2, e3, o3), s + 1, d);
            c2 = Finish(c2, s2 + Sum(a + 160, e0, o0, e1, o1, e2, o2, e3, o3), s + 2, d);
            c3 = Finish(c3, s3 + Sum(a + 224, e0, o0, e1, o1, e2, o2, e3, o3), s + 3, d);
            c4 = Finish(c4, s4 + Sum(a + 288, e0, o0, e1, o1, e2, o2, e3, o3), s + 4, d);
            c5 = Finish(c5, s5 + Sum(a + 352, e0, o0, e1, o1, e2, o2, e3, o3), s + 5, d);
            c6 = Finish(c6, s6 + Sum(a + 416, e0, o0, e1, o1, e2, o2, e3, o3), s + 6, d);
            c7 = Finish(c7, s7 + Sum(a + 480, e0, o0, e1, o1, e2, o2, e3, o3), s + 7, d);
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
        c4.Store(output + 64);
        c5.Store(output + 80);
        c6.Store(output + 96);
        c7.Store(output + 112);
    }

    private static void Multiply4(byte* w, int blocks, byte* a, float* s, float* output)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Load(w, 0, out var e0, out var o0, out var e1, out var o1, out var e2, out var o2, out var e3, out var o3);
            Vector512<int> s0 = Sum(a, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s1 = Sum(a + 64, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s2 = Sum(a + 128, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<int> s3 = Sum(a + 192, e0, o0, e1, o1, e2, o2, e3, o3);
            Vector512<float> d = T.Scale(w);
            Load(w, 4, out e0, out o0, out e1, out o1, out e2, out o2, out e3, out o3);
            c0 = Finish(c0, s0 + Sum(a + 32, e0, o0, e1, o1, e2, o2, e3, o3), s, d);
            c1 = Finish(c1, s1 + Sum(a + 96, e0, o0, e1, o1, e2, o2, e3, o3), s + 1, d);
            c2 = Finish(c2, s2 + Sum(a + 160, e0, o0, e1, o1, e2, o2, e3, o3), s + 2, d);
            c3 = Finish(c3, s3 + Sum(a + 224, e0, o0, e1, o1, e2, o2, e3, o3), s + 3, d);
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Multiply1(byte* w, int blocks, byte* a, float* s, float* output)
    {
        Vector512<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Load(w, 0, out var e0, out var o0, out var e1, out var o1, out var e2, out var o2, out var e3, out var o3);
            Vector512<int> s0 = Sum(a, e0, o0, e1, o1, e2, o2, e3, o3);
            Load(w, 4, out e0, out o0, out e1, out o1, out e2, out o2, out e3, out o3);
            c0 = Finish(c0, s0 + Sum(a + 32, e0, o0, e1, o1, e2, o2, e3, o3), s, T.Scale(w));
        }
        c0.Store(output);
    }

    // Weights of vectors j to j + 3, even and odd bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int j,
        out Vector512<short> e0, out Vector512<short> o0, out Vector512<short> e1, out Vector512<short> o1,
        out Vector512<short> e2, out Vector512<short> o2, out Vector512<short> e3, out Vector512<short> o3)
    {
        short* q = (short*)(w + T.HeaderBytes + 64 * j);
        Vector512<short> v0 = Vector512.Load(q), v1 = Vector512.Load(q + 32), v2 = Vector512.Load(q + 64), v3 = Vector512.Load(q + 96);
        e0 = Even(v0);
        o0 = Odd(v0);
        e1 = Even(v1);
        o1 = Odd(v1);
        e2 = Even(v2);
        o2 = Odd(v2);
        e3 = Even(v3);
        o3 = Odd(v3);
    }
}
