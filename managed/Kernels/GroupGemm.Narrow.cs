using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

// 256-bit: 8 rows at a time, the halves of a packed group one after the other.
internal readonly unsafe partial struct GroupGemm<T>
{
    public static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow<VnniProducts>(weights, blocks, tile, tokens, output);

    public static void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow<PairProducts>(weights, blocks, tile, tokens, output);

    /// <summary>256-bit. A single token waits for memory, so it has the same form on all processors.</summary>
    internal static void Narrow<TDot>(byte* weights, int blocks, byte* tile, int tokens, float* output) where TDot : struct, INarrowDot
    {
        for (int half = 0; half < 2; half++)
        {
            if (tokens == 1)
            {
                Narrow1(weights, blocks, tile, half, output + 8 * half);
                continue;
            }
            Narrow4<TDot>(weights, blocks, tile, 0, half, output + 8 * half);
            if (tokens > 4)
                Narrow4<TDot>(weights, blocks, tile, 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    // Four tokens from `token` on.
    private static void Narrow4<TDot>(byte* w, int blocks, byte* tile, int token, int half, float* output) where TDot : struct, INarrowDot
    {
        for (int t = 0; t < 4; t++)
            Vector256<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector256<int> i0 = default, i1 = default, i2 = default, i3 = default;
            int* sums = (int*)(tile + SuperblockActivations.Sum16Offset) + 8 * token;
            Vector256<int> m0 = default, m1 = default, m2 = default, m3 = default;
            for (int k = 0; k < 4; k++, sums += 2)
            {
                Minimums(w, half, k, out var first, out var second);
                m0 = AddMinimums(m0, sums, first, second);
                m1 = AddMinimums(m1, sums + 8, first, second);
                m2 = AddMinimums(m2, sums + 16, first, second);
                m3 = AddMinimums(m3, sums + 24, first, second);
            }
            if (!T.HasMinimums)
            {
                i0 -= m0;
                i1 -= m1;
                i2 -= m2;
                i3 -= m3;
            }
            for (int part = 0; part < 4; part++)
            {
                if (half == 0)
                    Prefetch.Lines(w + BlockBytes / 4 * part, QuarterLines);
                byte* a = tile + 256 * token + 128 * (part / 2) + 16 * (part % 2);
                for (int j = 0; j < 4; j++, a += 32)
                {
                    Load(w, half, part, j, out var scales, out var v0, out var v1, out var v2, out var v3);
                    Vector256<int> scale = TDot.Scale(scales);
                    i0 = Add<TDot>(i0, a, 0, scale, v0, v1, v2, v3);
                    i1 = Add<TDot>(i1, a, 256, scale, v0, v1, v2, v3);
                    i2 = Add<TDot>(i2, a, 512, scale, v0, v1, v2, v3);
                    i3 = Add<TDot>(i3, a, 768, scale, v0, v1, v2, v3);
                }
            }
            Vector256<float> d = T.Scale(w, half), dmin = T.HasMinimums ? T.MinimumScale(w, half) : default;
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset) + token;
            Finish(output, i0, m0, s, d, dmin);
            Finish(output + 16, i1, m1, s + 1, d, dmin);
            Finish(output + 32, i2, m2, s + 2, d, dmin);
            Finish(output + 48, i3, m3, s + 3, d, dmin);
        }
    }

    private static void Narrow1(byte* w, int blocks, byte* tile, int half, float* output)
    {
        Vector256<float>.Zero.Store(output);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector256<int> sum = default, minimum = default;
            int* sums = (int*)(tile + SuperblockActivations.Sum16Offset);
            for (int k = 0; k < 4; k++, sums += 2)
            {
                Minimums(w, half, k, out var first, out var second);
                minimum = AddMinimums(minimum, sums, first, second);
            }
            if (!T.HasMinimums)
                sum -= minimum;
            for (int part = 0; part < 4; part++)
            {
                if (half == 0)
                    Prefetch.Lines(w + BlockBytes / 4 * part, QuarterLines);
                byte* a = tile + 128 * (part / 2) + 16 * (part % 2);
                for (int j = 0; j < 4; j++, a += 32)
                {
                    Load(w, half, part, j, out var scale, out var v0, out var v1, out var v2, out var v3);
                    sum = Add<PairProducts>(sum, a, 0, PairProducts.Scale(scale), v0, v1, v2, v3);
                }
            }
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset);
            Finish(output, sum, minimum, s, T.Scale(w, half), T.HasMinimums ? T.MinimumScale(w, half) : default);
        }
    }

    // Scale and weights of a group.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int half, int part, int j, out Vector256<short> scale,
        out Vector256<byte> v0, out Vector256<byte> v1, out Vector256<byte> v2, out Vector256<byte> v3)
    {
        Vector256<uint> scales = T.Scales(w, half, part / 2, j / 2).AsUInt32();
        scale = LaneBytes.Twice(Vector256.ShiftRightLogical(scales, 8 * (part % 2) + 16 * (j % 2)).AsByte(), 0);
        v0 = T.Quants(w, half, part, j, 0);
        v1 = T.Quants(w, half, part, j, 1);
        v2 = T.Quants(w, half, part, j, 2);
        v3 = T.Quants(w, half, part, j, 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add<TDot>(Vector256<int> total, byte* a, int first, Vector256<int> scale,
        Vector256<byte> v0, Vector256<byte> v1, Vector256<byte> v2, Vector256<byte> v3) where TDot : struct, INarrowDot =>
        TDot.End(total, TDot.Add(TDot.Begin(total), a, first, first + 8, scale, v0, v1, v2, v3, T.SixBits), scale);

    // Of the four groups 4k to 4k + 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Minimums(byte* w, int half, int k, out Vector256<short> first, out Vector256<short> second)
    {
        Vector256<byte> bytes = T.Minimums(w, half, k / 2, k % 2);
        first = LaneBytes.Pair(bytes, 0);
        second = LaneBytes.Pair(bytes, 2);
        if (!T.HasMinimums)
        {
            first *= Vector256.Create((short)T.Bias);
            second *= Vector256.Create((short)T.Bias);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> AddMinimums(Vector256<int> minimum, int* sums, Vector256<short> first, Vector256<short> second)
    {
        Vector256<int> min0 = Avx2.MultiplyAddAdjacent(first, Vector256.Create(sums[0]).AsInt16());
        Vector256<int> min1 = Avx2.MultiplyAddAdjacent(second, Vector256.Create(sums[1]).AsInt16());
        return Avx2.Add(minimum, Avx2.Add(min0, min1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* output, Vector256<int> sum, Vector256<int> minimum, float* s, Vector256<float> d, Vector256<float> dmin)
    {
        Vector256<float> scale = Vector256.Create(*s);
        Vector256<float> c = Fma.MultiplyAdd(Avx.ConvertToVector256Single(sum), d * scale, Vector256.Load(output));
        if (T.HasMinimums)
            c = Fma.MultiplyAddNegated(Avx.ConvertToVector256Single(minimum), dmin * scale, c);
        c.Store(output);
    }
}
