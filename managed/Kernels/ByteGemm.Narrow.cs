using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

// 256-bit: 8 rows at a time, the halves of a packed group one after the other.
internal readonly unsafe partial struct ByteGemm<T>
{
    public static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow<VnniProducts>(weights, blocks, tile, tokens, output);

    public static void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow<PairProducts>(weights, blocks, tile, tokens, output);

    /// <summary>256-bit. A single token waits for memory, so it has the same form on all processors.</summary>
    internal static void Narrow<TDot>(byte* weights, int blocks, byte* tile, int tokens, float* output) where TDot : struct, INarrowDot
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        for (int half = 0; half < 2; half++)
        {
            if (tokens == 1)
            {
                Narrow1(weights, blocks, tile, scales, half, output + 8 * half);
                continue;
            }
            Narrow4<TDot>(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Narrow4<TDot>(weights, blocks, tile + 4 * 64, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    private static void Narrow4<TDot>(byte* w, int blocks, byte* a, float* s, int half, float* output) where TDot : struct, INarrowDot
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            if (half == 0)
                Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
            // Two vectors at a time: sixteen registers hold no more.
            for (int j = 0; j < 8; j += 2)
            {
                Load(w, half, j, out var e0, out var o0, out var e1, out var o1);
                byte* p = a + 8 * j;
                s0 = TDot.Add(s0, p, e0, o0, e1, o1);
                s1 = TDot.Add(s1, p + 64, e0, o0, e1, o1);
                s2 = TDot.Add(s2, p + 128, e0, o0, e1, o1);
                s3 = TDot.Add(s3, p + 192, e0, o0, e1, o1);
            }
            Vector256<float> d = T.Scale(w, half);
            c0 = Finish(c0, s0, s, d);
            c1 = Finish(c1, s1, s + 1, d);
            c2 = Finish(c2, s2, s + 2, d);
            c3 = Finish(c3, s3, s + 3, d);
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Narrow1(byte* w, int blocks, byte* a, float* s, int half, float* output)
    {
        Vector256<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            if (half == 0)
                Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Vector256<int> sum = default;
            for (int j = 0; j < 8; j += 2)
            {
                Load(w, half, j, out var e0, out var o0, out var e1, out var o1);
                sum = Add(sum, a + 8 * j, e0, o0, e1, o1);
            }
            c0 = Finish(c0, sum, s, T.Scale(w, half));
        }
        c0.Store(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int half, int j,
        out Vector256<short> e0, out Vector256<short> o0, out Vector256<short> e1, out Vector256<short> o1)
    {
        short* q = (short*)(w + T.HeaderBytes + 64 * j + 32 * half);
        Vector256<short> v0 = Vector256.Load(q), v1 = Vector256.Load(q + 32);
        e0 = Even(v0);
        o0 = Odd(v0);
        e1 = Even(v1);
        o1 = Odd(v1);
    }
}
