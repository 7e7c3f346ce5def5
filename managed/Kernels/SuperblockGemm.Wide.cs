using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

// 512-bit: 16 rows at a time.
internal readonly unsafe partial struct SuperblockGemm<T>
{
    /// <summary>512-bit.</summary>
    public static void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (tokens > 4)
            Multiply8(weights, blocks, tile, output);
        else if (tokens > 1)
            Multiply4(weights, blocks, tile, output);
        else
            Multiply1(weights, blocks, tile, output);
    }

    private static void Multiply8(byte* w, int blocks, byte* tile, float* output)
    {
        for (int t = 0; t < 8; t++)
            Vector512<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector512<int> i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
            Scales(w, out Vector512<uint> scales, out Vector512<uint> later);
            byte* a = tile;
            for (int j = 0; j < 4; j++, a += 64)
            {
                Prefetch.Lines(w + BlockBytes / 4 * j, QuarterLines);
                Load(w, j, 0, out var v0, out var v1, out var v2, out var v3, out var v4, out var v5, out var v6, out var v7);
                Vector512<short> scale = LaneBytes.Twice(scales.AsByte(), 0);
                i0 = Add(i0, a, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i1 = Add(i1, a + 256, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i2 = Add(i2, a + 512, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i3 = Add(i3, a + 768, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i4 = Add(i4, a + 1024, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i5 = Add(i5, a + 1280, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i6 = Add(i6, a + 1536, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i7 = Add(i7, a + 1792, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                Load(w, j, 1, out v0, out v1, out v2, out v3, out v4, out v5, out v6, out v7);
                scale = LaneBytes.Twice(scales.AsByte(), 1);
                i0 = Add(i0, a + 32, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i1 = Add(i1, a + 288, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i2 = Add(i2, a + 544, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i3 = Add(i3, a + 800, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i4 = Add(i4, a + 1056, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i5 = Add(i5, a + 1312, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i6 = Add(i6, a + 1568, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i7 = Add(i7, a + 1824, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                Next(ref scales, ref later);
            }
            Minimums(w, out Vector512<short> m0, out Vector512<short> m1, out Vector512<short> m2, out Vector512<short> m3);
            Vector512<float> d = Halves.LoadFirst(w), dmin = Halves.LoadSecond(w);
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset);
            int* sums = (int*)(tile + SuperblockActivations.Sum32Offset);
            Finish(output, i0, s, sums, d, dmin, m0, m1, m2, m3);
            Finish(output + 16, i1, s + 1, sums + 4, d, dmin, m0, m1, m2, m3);
            Finish(output + 32, i2, s + 2, sums + 8, d, dmin, m0, m1, m2, m3);
            Finish(output + 48, i3, s + 3, sums + 12, d, dmin, m0, m1, m2, m3);
            Finish(output + 64, i4, s + 4, sums + 16, d, dmin, m0, m1, m2, m3);
            Finish(output + 80, i5, s + 5, sums + 20, d, dmin, m0, m1, m2, m3);
            Finish(output + 96, i6, s + 6, sums + 24, d, dmin, m0, m1, m2, m3);
            Finish(output + 112, i7, s + 7, sums + 28, d, dmin, m0, m1, m2, m3);
        }
    }

    private static void Multiply4(byte* w, int blocks, byte* tile, float* output)
    {
        for (int t = 0; t < 4; t++)
            Vector512<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector512<int> i0 = default, i1 = default, i2 = default, i3 = default;
            Scales(w, out Vector512<uint> scales, out Vector512<uint> later);
            byte* a = tile;
            for (int j = 0; j < 4; j++, a += 64)
            {
                Prefetch.Lines(w + BlockBytes / 4 * j, QuarterLines);
                Load(w, j, 0, out var v0, out var v1, out var v2, out var v3, out var v4, out var v5, out var v6, out var v7);
                Vector512<short> scale = LaneBytes.Twice(scales.AsByte(), 0);
                i0 = Add(i0, a, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i1 = Add(i1, a + 256, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i2 = Add(i2, a + 512, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i3 = Add(i3, a + 768, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                Load(w, j, 1, out v0, out v1, out v2, out v3, out v4, out v5, out v6, out v7);
                scale = LaneBytes.Twice(scales.AsByte(), 1);
                i0 = Add(i0, a + 32, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i1 = Add(i1, a + 288, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i2 = Add(i2, a + 544, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                i3 = Add(i3, a + 800, scale, v0, v1, v2, v3, v4, v5, v6, v7);
                Next(ref scales, ref later);
            }
            Minimums(w, out Vector512<short> m0, out Vector512<short> m1, out Vector512<short> m2, out Vector512<short> m3);
            Vector512<float> d = Halves.LoadFirst(w), dmin = Halves.LoadSecond(w);
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset);
            int* sums = (int*)(tile + SuperblockActivations.Sum32Offset);
            Finish(output, i0, s, sums, d, dmin, m0, m1, m2, m3);
            Finish(output + 16, i1, s + 1, sums + 4, d, dmin, m0, m1, m2, m3);
            Finish(output + 32, i2, s + 2, sums + 8, d, dmin, m0, m1, m2, m3);
            Finish(output + 48, i3, s + 3, sums + 12, d, dmin, m0, m1, m2, m3);
        }
    }

    private static void Multiply1(byte* w, int blocks, byte* tile, float* output)
    {
        Vector512<float>.Zero.Store(output);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector512<int> i0 = default, i1 = default;
            Scales(w, out Vector512<uint> scales, out Vector512<uint> later);
            byte* a = tile;
            for (int j = 0; j < 4; j++, a += 64)
            {
                Prefetch.Lines(w + BlockBytes / 4 * j, QuarterLines);
                Load(w, j, 0, out var v0, out var v1, out var v2, out var v3, out var v4, out var v5, out var v6, out var v7);
                i0 = Add(i0, a, LaneBytes.Twice(scales.AsByte(), 0), v0, v1, v2, v3, v4, v5, v6, v7);
                Load(w, j, 1, out v0, out v1, out v2, out v3, out v4, out v5, out v6, out v7);
                i1 = Add(i1, a + 32, LaneBytes.Twice(scales.AsByte(), 1), v0, v1, v2, v3, v4, v5, v6, v7);
                Next(ref scales, ref later);
            }
            Minimums(w, out Vector512<short> m0, out Vector512<short> m1, out Vector512<short> m2, out Vector512<short> m3);
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset);
            int* sums = (int*)(tile + SuperblockActivations.Sum32Offset);
            Finish(output, i0 + i1, s, sums, Halves.LoadFirst(w), Halves.LoadSecond(w), m0, m1, m2, m3);
        }
    }

    // Bytes of a lane: scales of sub-blocks 0 to 3, and of 4 to 7.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scales(byte* w, out Vector512<uint> first, out Vector512<uint> second)
    {
        Vector512<uint> w1 = Vector512.Load((uint*)(w + Word)), w3 = Vector512.Load((uint*)(w + 3 * Word));
        first = w1 & Vector512.Create(0x3f3f3f3fu);
        second = (w3 & Vector512.Create(0x0f0f0f0fu)) | (Vector512.ShiftRightLogical(w1, 2) & Vector512.Create(0x30303030u));
    }

    // Two sub-blocks on: their scales come down to bytes 0 and 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Next(ref Vector512<uint> scales, ref Vector512<uint> later)
    {
        scales = Vector512.ShiftRightLogical(scales, 16) | Vector512.ShiftLeft(later, 16);
        later = Vector512.ShiftRightLogical(later, 16);
    }

    // Minimums of sub-blocks (0, 1), (2, 3), (4, 5), (6, 7).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Minimums(byte* w, out Vector512<short> m0, out Vector512<short> m1, out Vector512<short> m2, out Vector512<short> m3)
    {
        Vector512<uint> w2 = Vector512.Load((uint*)(w + 2 * Word)), w3 = Vector512.Load((uint*)(w + 3 * Word));
        Vector512<byte> first = (w2 & Vector512.Create(0x3f3f3f3fu)).AsByte();
        Vector512<byte> second = ((Vector512.ShiftRightLogical(w3, 4) & Vector512.Create(0x0f0f0f0fu))
            | (Vector512.ShiftRightLogical(w2, 2) & Vector512.Create(0x30303030u))).AsByte();
        m0 = LaneBytes.Pair(first, 0);
        m1 = LaneBytes.Pair(first, 2);
        m2 = LaneBytes.Pair(second, 0);
        m3 = LaneBytes.Pair(second, 2);
    }

    // The weights of sub-block 2j + high.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int j, int high,
        out Vector512<byte> v0, out Vector512<byte> v1, out Vector512<byte> v2, out Vector512<byte> v3,
        out Vector512<byte> v4, out Vector512<byte> v5, out Vector512<byte> v6, out Vector512<byte> v7)
    {
        byte* q = w + QuantOffset + 8 * Word * j;
        v0 = Load(w, q, 0, j, high);
        v1 = Load(w, q, 1, j, high);
        v2 = Load(w, q, 2, j, high);
        v3 = Load(w, q, 3, j, high);
        v4 = Load(w, q, 4, j, high);
        v5 = Load(w, q, 5, j, high);
        v6 = Load(w, q, 6, j, high);
        v7 = Load(w, q, 7, j, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Load(byte* w, byte* q, int i, int j, int high)
    {
        Vector512<ushort> v = Vector512.Load((ushort*)(q + Word * i));
        Vector512<byte> four = (high == 0 ? v : Vector512.ShiftRightLogical(v, 4)).AsByte() & Vector512.Create((byte)15);
        if (!T.FifthBit)
            return four;
        // The shift by 2j + high is one instruction that both sub-blocks do not share: sharing would need more registers than there are.
        Vector512<ushort> fifth = Vector512.ShiftRightLogical(Vector512.Load((ushort*)(w + FifthOffset + Word * i)), 2 * j + high);
        fifth = Vector512.ShiftLeft(fifth, 4);
        return four | (fifth.AsByte() & Vector512.Create((byte)16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Add(Vector512<int> sum, byte* a, Vector512<short> scale,
        Vector512<byte> v0, Vector512<byte> v1, Vector512<byte> v2, Vector512<byte> v3,
        Vector512<byte> v4, Vector512<byte> v5, Vector512<byte> v6, Vector512<byte> v7)
    {
        Vector512<short> s0 = Pairs(v0, a);
        Vector512<short> s1 = Pairs(v1, a + 4);
        s0 = Avx512BW.Add(s0, Pairs(v2, a + 8));
        s1 = Avx512BW.Add(s1, Pairs(v3, a + 12));
        s0 = Avx512BW.Add(s0, Pairs(v4, a + 16));
        s1 = Avx512BW.Add(s1, Pairs(v5, a + 20));
        s0 = Avx512BW.Add(s0, Pairs(v6, a + 24));
        s1 = Avx512BW.Add(s1, Pairs(v7, a + 28));
        return T.FifthBit
            ? Avx512F.Add(Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(s0, scale)), Avx512BW.MultiplyAddAdjacent(s1, scale))
            : Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(Avx512BW.Add(s0, s1), scale));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector512<byte> weights, byte* activations) =>
        Avx512BW.MultiplyAddAdjacent(weights, Vector512.Create(*(int*)activations).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* output, Vector512<int> sum, float* s, int* sums, Vector512<float> d, Vector512<float> dmin,
        Vector512<short> m0, Vector512<short> m1, Vector512<short> m2, Vector512<short> m3)
    {
        Vector512<int> min0 = Avx512BW.MultiplyAddAdjacent(m0, Vector512.Create(sums[0]).AsInt16());
        Vector512<int> min1 = Avx512BW.MultiplyAddAdjacent(m1, Vector512.Create(sums[1]).AsInt16());
        min0 = Avx512F.Add(min0, Avx512BW.MultiplyAddAdjacent(m2, Vector512.Create(sums[2]).AsInt16()));
        min1 = Avx512F.Add(min1, Avx512BW.MultiplyAddAdjacent(m3, Vector512.Create(sums[3]).AsInt16()));
        Vector512<float> scale = Vector512.Create(*s);
        Vector512<float> c = Avx512F.FusedMultiplyAdd(Avx512F.ConvertToVector512Single(sum), d * scale, Vector512.Load(output));
        c = Avx512F.FusedMultiplyAddNegated(Avx512F.ConvertToVector512Single(Avx512F.Add(min0, min1)), dmin * scale, c);
        c.Store(output);
    }
}
