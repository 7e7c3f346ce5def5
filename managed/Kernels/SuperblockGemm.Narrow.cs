using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

// 256-bit: 8 rows at a time, the halves of a packed group one after the other.
internal readonly unsafe partial struct SuperblockGemm<T>
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
        w += 32 * half;
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector256<int> i0 = default, i1 = default, i2 = default, i3 = default;
            byte* a = tile + 256 * token;
            for (int j = 0; j < 8; j++, a += 32)
            {
                if (half == 0)
                    Prefetch.Lines(w + BlockBytes / 8 * j, EighthLines);
                Vector256<int> scale = TDot.Scale(Scale(w, j));
                Vector256<int> s0 = TDot.Begin(i0), s1 = TDot.Begin(i1), s2 = TDot.Begin(i2), s3 = TDot.Begin(i3);
                for (int i = 0; i < 8; i += 4)
                {
                    Load(w, j, i, out var v0, out var v1, out var v2, out var v3);
                    byte* p = a + 4 * i;
                    s0 = TDot.Add(s0, p, 0, 8, scale, v0, v1, v2, v3);
                    s1 = TDot.Add(s1, p, 256, 264, scale, v0, v1, v2, v3);
                    s2 = TDot.Add(s2, p, 512, 520, scale, v0, v1, v2, v3);
                    s3 = TDot.Add(s3, p, 768, 776, scale, v0, v1, v2, v3);
                }
                i0 = TDot.End(i0, s0, scale);
                i1 = TDot.End(i1, s1, scale);
                i2 = TDot.End(i2, s2, scale);
                i3 = TDot.End(i3, s3, scale);
            }
            Minimums(w, out Vector256<short> m0, out Vector256<short> m1, out Vector256<short> m2, out Vector256<short> m3);
            Vector256<float> d = Halves.LoadFirst(w, 0), dmin = Halves.LoadSecond(w, 0);
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset) + token;
            int* sums = (int*)(tile + SuperblockActivations.Sum32Offset) + 4 * token;
            Finish(output, i0, s, sums, d, dmin, m0, m1, m2, m3);
            Finish(output + 16, i1, s + 1, sums + 4, d, dmin, m0, m1, m2, m3);
            Finish(output + 32, i2, s + 2, sums + 8, d, dmin, m0, m1, m2, m3);
            Finish(output + 48, i3, s + 3, sums + 12, d, dmin, m0, m1, m2, m3);
        }
    }

    private static void Narrow1(byte* w, int blocks, byte* tile, int half, float* output)
    {
        Vector256<float>.Zero.Store(output);
        w += 32 * half;
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector256<int> sum = default;
            byte* a = tile;
            for (int j = 0; j < 8; j++, a += 32)
            {
                if (half == 0)
                    Prefetch.Lines(w + BlockBytes / 8 * j, EighthLines);
                Vector256<int> scale = PairProducts.Scale(Scale(w, j));
                Load(w, j, 0, out var v0, out var v1, out var v2, out var v3);
                sum = PairProducts.Add(sum, a, 0, 8, scale, v0, v1, v2, v3);
                Load(w, j, 4, out v0, out v1, out v2, out v3);
                sum = PairProducts.Add(sum, a, 16, 24, scale, v0, v1, v2, v3);
            }
            Minimums(w, out Vector256<short> m0, out Vector256<short> m1, out Vector256<short> m2, out Vector256<short> m3);
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset);
            int* sums = (int*)(tile + SuperblockActivations.Sum32Offset);
            Finish(output, sum, s, sums, Halves.LoadFirst(w, 0), Halves.LoadSecond(w, 0), m0, m1, m2, m3);
        }
    }

    // The scale of sub-block j, twice in a lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Scale(byte* w, int j)
    {
        Vector256<uint> w1 = Vector256.Load((uint*)(w + Word)), w3 = Vector256.Load((uint*)(w + 3 * Word));
        Vector256<uint> scales = j < 4
            ? w1 & Vector256.Create(0x3f3f3f3fu)
            : (w3 & Vector256.Create(0x0f0f0f0fu)) | (Vector256.ShiftRightLogical(w1, 2) & Vector256.Create(0x30303030u));
        return LaneBytes.Twice(Vector256.ShiftRightLogical(scales, j % 4 * 8).AsByte(), 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Minimums(byte* w, out Vector256<short> m0, out Vector256<short> m1, out Vector256<short> m2, out Vector256<short> m3)
    {
        Vector256<uint> w2 = Vector256.Load((uint*)(w + 2 * Word)), w3 = Vector256.Load((uint*)(w + 3 * Word));
        Vector256<byte> first = (w2 & Vector256.Create(0x3f3f3f3fu)).AsByte();
        Vector256<byte> second = ((Vector256.ShiftRightLogical(w3, 4) & Vector256.Create(0x0f0f0f0fu))
            | (Vector256.ShiftRightLogical(w2, 2) & Vector256.Create(0x30303030u))).AsByte();
        m0 = LaneBytes.Pair(first, 0);
        m1 = LaneBytes.Pair(first, 2);
        m2 = LaneBytes.Pair(second, 0);
        m3 = LaneBytes.Pair(second, 2);
    }

    // Vectors i to i + 3 of the weights of sub-block j.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int j, int i,
        out Vector256<byte> v0, out Vector256<byte> v1, out Vector256<byte> v2, out Vector256<byte> v3)
    {
        byte* q = w + QuantOffset + Word * (8 * (j / 2) + i);
        byte* fifth = w + FifthOffset + Word * i;
        v0 = Load(q, fifth, j);
        v1 = Load(q + Word, fifth + Word, j);
        v2 = Load(q + 2 * Word, fifth + 2 * Word, j);
        v3 = Load(q + 3 * Word, fifth + 3 * Word, j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Load(byte* q, byte* fifth, int j)
    {
        Vector256<byte> four = Vector256.ShiftRightLogical(Vector256.Load((ushort*)q), j % 2 * 4).AsByte() & Vector256.Create((byte)15);
        if (!T.FifthBit)
            return four;
        Vector256<ushort> bit = Vector256.ShiftLeft(Vector256.ShiftRightLogical(Vector256.Load((ushort*)fifth), j), 4);
        return four | (bit.AsByte() & Vector256.Create((byte)16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* output, Vector256<int> sum, float* s, int* sums, Vector256<float> d, Vector256<float> dmin,
        Vector256<short> m0, Vector256<short> m1, Vector256<short> m2, Vector256<short> m3)
    {
        Vector256<int> min0 = Avx2.MultiplyAddAdjacent(m0, Vector256.Create(sums[0]).AsInt16());
        Vector256<int> min1 = Avx2.MultiplyAddAdjacent(m1, Vector256.Create(sums[1]).AsInt16());
        min0 = Avx2.Add(min0, Avx2.MultiplyAddAdjacent(m2, Vector256.Create(sums[2]).AsInt16()));
        min1 = Avx2.Add(min1, Avx2.MultiplyAddAdjacent(m3, Vector256.Create(sums[3]).AsInt16()));
        Vector256<float> scale = Vector256.Create(*s);
        Vector256<float> c = Fma.MultiplyAdd(Avx.ConvertToVector256Single(sum), d * scale, Vector256.Load(output));
        c = Fma.MultiplyAddNegated(Avx.ConvertToVector256Single(Avx2.Add(min0, min1)), dmin * scale, c);
        c.Store(output);
    }
}
