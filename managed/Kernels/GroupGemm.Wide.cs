using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

// 512-bit: 16 rows at a time.
internal readonly unsafe partial struct GroupGemm<T>
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
        int* sums = stackalloc int[128];
        for (int t = 0; t < 8; t++)
            Vector512<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector512<int> i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
            for (int part = 0; part < 4; part++)
            {
                Prefetch.Lines(w + BlockBytes / 4 * part, QuarterLines);
                byte* a = tile + 128 * (part / 2) + 16 * (part % 2);
                Scales(w, part, out var low, out var high);
                Load(w, part, 0, out var v0, out var v1, out var v2, out var v3);
                Vector512<short> scale = LaneBytes.Twice(low, 0);
                i0 = Add(i0, a, scale, v0, v1, v2, v3);
                i1 = Add(i1, a + 256, scale, v0, v1, v2, v3);
                i2 = Add(i2, a + 512, scale, v0, v1, v2, v3);
                i3 = Add(i3, a + 768, scale, v0, v1, v2, v3);
                i4 = Add(i4, a + 1024, scale, v0, v1, v2, v3);
                i5 = Add(i5, a + 1280, scale, v0, v1, v2, v3);
                i6 = Add(i6, a + 1536, scale, v0, v1, v2, v3);
                i7 = Add(i7, a + 1792, scale, v0, v1, v2, v3);
                Load(w, part, 1, out v0, out v1, out v2, out v3);
                scale = LaneBytes.Twice(low, 2);
                i0 = Add(i0, a + 32, scale, v0, v1, v2, v3);
                i1 = Add(i1, a + 288, scale, v0, v1, v2, v3);
                i2 = Add(i2, a + 544, scale, v0, v1, v2, v3);
                i3 = Add(i3, a + 800, scale, v0, v1, v2, v3);
                i4 = Add(i4, a + 1056, scale, v0, v1, v2, v3);
                i5 = Add(i5, a + 1312, scale, v0, v1, v2, v3);
                i6 = Add(i6, a + 1568, scale, v0, v1, v2, v3);
                i7 = Add(i7, a + 1824, scale, v0, v1, v2, v3);
                Load(w, part, 2, out v0, out v1, out v2, out v3);
                scale = LaneBytes.Twice(high, 0);
                i0 = Add(i0, a + 64, scale, v0, v1, v2, v3);
                i1 = Add(i1, a + 320, scale, v0, v1, v2, v3);
                i2 = Add(i2, a + 576, scale, v0, v1, v2, v3);
                i3 = Add(i3, a + 832, scale, v0, v1, v2, v3);
                i4 = Add(i4, a + 1088, scale, v0, v1, v2, v3);
                i5 = Add(i5, a + 1344, scale, v0, v1, v2, v3);
                i6 = Add(i6, a + 1600, scale, v0, v1, v2, v3);
                i7 = Add(i7, a + 1856, scale, v0, v1, v2, v3);
                Load(w, part, 3, out v0, out v1, out v2, out v3);
                scale = LaneBytes.Twice(high, 2);
                i0 = Add(i0, a + 96, scale, v0, v1, v2, v3);
                i1 = Add(i1, a + 352, scale, v0, v1, v2, v3);
                i2 = Add(i2, a + 608, scale, v0, v1, v2, v3);
                i3 = Add(i3, a + 864, scale, v0, v1, v2, v3);
                i4 = Add(i4, a + 1120, scale, v0, v1, v2, v3);
                i5 = Add(i5, a + 1376, scale, v0, v1, v2, v3);
                i6 = Add(i6, a + 1632, scale, v0, v1, v2, v3);
                i7 = Add(i7, a + 1888, scale, v0, v1, v2, v3);
            }
            i0.Store(sums);
            i1.Store(sums + 16);
            i2.Store(sums + 32);
            i3.Store(sums + 48);
            i4.Store(sums + 64);
            i5.Store(sums + 80);
            i6.Store(sums + 96);
            i7.Store(sums + 112);
            Finish(w, tile, 8, sums, output);
        }
    }

    private static void Multiply4(byte* w, int blocks, byte* tile, float* output)
    {
        int* sums = stackalloc int[64];
        for (int t = 0; t < 4; t++)
            Vector512<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector512<int> i0 = default, i1 = default, i2 = default, i3 = default;
            for (int part = 0; part < 4; part++)
            {
                Prefetch.Lines(w + BlockBytes / 4 * part, QuarterLines);
                byte* a = tile + 128 * (part / 2) + 16 * (part % 2);
                Scales(w, part, out var low, out var high);
                Load(w, part, 0, out var v0, out var v1, out var v2, out var v3);
                Vector512<short> scale = LaneBytes.Twice(low, 0);
                i0 = Add(i0, a, scale, v0, v1, v2, v3);
                i1 = Add(i1, a + 256, scale, v0, v1, v2, v3);
                i2 = Add(i2, a + 512, scale, v0, v1, v2, v3);
                i3 = Add(i3, a + 768, scale, v0, v1, v2, v3);
                Load(w, part, 1, out v0, out v1, out v2, out v3);
                scale = LaneBytes.Twice(low, 2);
                i0 = Add(i0, a + 32, scale, v0, v1, v2, v3);
                i1 = Add(i1, a + 288, scale, v0, v1, v2, v3);
                i2 = Add(i2, a + 544, scale, v0, v1, v2, v3);
                i3 = Add(i3, a + 800, scale, v0, v1, v2, v3);
                Load(w, part, 2, out v0, out v1, out v2, out v3);
                scale = LaneBytes.Twice(high, 0);
                i0 = Add(i0, a + 64, scale, v0, v1, v2, v3);
                i1 = Add(i1, a + 320, scale, v0, v1, v2, v3);
                i2 = Add(i2, a + 576, scale, v0, v1, v2, v3);
                i3 = Add(i3, a + 832, scale, v0, v1, v2, v3);
                Load(w, part, 3, out v0, out v1, out v2, out v3);
                scale = LaneBytes.Twice(high, 2);
                i0 = Add(i0, a + 96, scale, v0, v1, v2, v3);
                i1 = Add(i1, a + 352, scale, v0, v1, v2, v3);
                i2 = Add(i2, a + 608, scale, v0, v1, v2, v3);
                i3 = Add(i3, a + 864, scale, v0, v1, v2, v3);
            }
            i0.Store(sums);
            i1.Store(sums + 16);
            i2.Store(sums + 32);
            i3.Store(sums + 48);
            Finish(w, tile, 4, sums, output);
        }
    }

    private static void Multiply1(byte* w, int blocks, byte* tile, float* output)
    {
        Vector512<float>.Zero.Store(output);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector512<int> i0 = default, i1 = default;
            for (int part = 0; part < 4; part++)
            {
                Prefetch.Lines(w + BlockBytes / 4 * part, QuarterLines);
                byte* a = tile + 128 * (part / 2) + 16 * (part % 2);
                Scales(w, part, out var low, out var high);
                Load(w, part, 0, out var v0, out var v1, out var v2, out var v3);
                i0 = Add(i0, a, LaneBytes.Twice(low, 0), v0, v1, v2, v3);
                Load(w, part, 1, out v0, out v1, out v2, out v3);
                i1 = Add(i1, a + 32, LaneBytes.Twice(low, 2), v0, v1, v2, v3);
                Load(w, part, 2, out v0, out v1, out v2, out v3);
                i0 = Add(i0, a + 64, LaneBytes.Twice(high, 0), v0, v1, v2, v3);
                Load(w, part, 3, out v0, out v1, out v2, out v3);
                i1 = Add(i1, a + 96, LaneBytes.Twice(high, 2), v0, v1, v2, v3);
            }
            Minimums(w, out var m0, out var m1, out var m2, out var m3, out var m4, out var m5, out var m6, out var m7);
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset);
            int* sums = (int*)(tile + SuperblockActivations.Sum16Offset);
            Vector512<float> dmin = T.HasMinimums ? T.MinimumScale(w) : default;
            Finish(output, i0 + i1, s, sums, T.Scale(w), dmin, m0, m1, m2, m3, m4, m5, m6, m7);
        }
    }

    // Scales of the four groups of a part: bytes 0 and 2 of two vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scales(byte* w, int part, out Vector512<byte> low, out Vector512<byte> high)
    {
        low = Vector512.ShiftRightLogical(T.Scales(w, part / 2, 0).AsUInt32(), 8 * (part % 2)).AsByte();
        high = Vector512.ShiftRightLogical(T.Scales(w, part / 2, 1).AsUInt32(), 8 * (part % 2)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int part, int j,
        out Vector512<byte> v0, out Vector512<byte> v1, out Vector512<byte> v2, out Vector512<byte> v3)
    {
        v0 = T.Quants(w, part, j, 0);
        v1 = T.Quants(w, part, j, 1);
        v2 = T.Quants(w, part, j, 2);
        v3 = T.Quants(w, part, j, 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Add(Vector512<int> sum, byte* a, Vector512<short> scale,
        Vector512<byte> v0, Vector512<byte> v1, Vector512<byte> v2, Vector512<byte> v3)
    {
        Vector512<short> s0 = Avx512BW.Add(Pairs(v0, a), Pairs(v1, a + 4));
        Vector512<short> s1 = Avx512BW.Add(Pairs(v2, a + 8), Pairs(v3, a + 12));
        return T.SixBits
            ? Avx512F.Add(Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(s0, scale)), Avx512BW.MultiplyAddAdjacent(s1, scale))
            : Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(Avx512BW.Add(s0, s1), scale));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector512<byte> weights, byte* activations) =>
        Avx512BW.MultiplyAddAdjacent(weights, Vector512.Create(*(int*)activations).AsSByte());

    // Minimums of groups (2p, 2p + 1), or the scales times the bias, which fit in 16 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Minimums(byte* w, out Vector512<short> m0, out Vector512<short> m1, out Vector512<short> m2, out Vector512<short> m3,
        out Vector512<short> m4, out Vector512<short> m5, out Vector512<short> m6, out Vector512<short> m7)
    {
        Minimums(T.Minimums(w, 0, 0), out m0, out m1);
        Minimums(T.Minimums(w, 0, 1), out m2, out m3);
        Minimums(T.Minimums(w, 1, 0), out m4, out m5);
        Minimums(T.Minimums(w, 1, 1), out m6, out m7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Minimums(Vector512<byte> bytes, out Vector512<short> first, out Vector512<short> second)
    {
        first = LaneBytes.Pair(bytes, 0);
        second = LaneBytes.Pair(bytes, 2);
        if (!T.HasMinimums)
        {
            first *= Vector512.Create((short)T.Bias);
            second *= Vector512.Create((short)T.Bias);
        }
    }

    // What is done once a superblock. Not inlined: it would use up the number of local variables that the compiler keeps track of.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Finish(byte* w, byte* tile, int tokens, int* sums, float* output)
    {
        Minimums(w, out var m0, out var m1, out var m2, out var m3, out var m4, out var m5, out var m6, out var m7);
        Vector512<float> d = T.Scale(w), dmin = T.HasMinimums ? T.MinimumScale(w) : default;
        float* s = (float*)(tile + SuperblockActivations.ScaleOffset);
        int* sums16 = (int*)(tile + SuperblockActivations.Sum16Offset);
        for (int t = 0; t < tokens; t++)
            Finish(output + 16 * t, Vector512.Load(sums + 16 * t), s + t, sums16 + 8 * t, d, dmin, m0, m1, m2, m3, m4, m5, m6, m7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* output, Vector512<int> sum, float* s, int* sums, Vector512<float> d, Vector512<float> dmin,
        Vector512<short> m0, Vector512<short> m1, Vector512<short> m2, Vector512<short> m3,
        Vector512<short> m4, Vector512<short> m5, Vector512<short> m6, Vector512<short> m7)
    {
        Vector512<int> min0 = Avx512F.Add(Minimum(m0, sums), Minimum(m1, sums + 1));
        Vector512<int> min1 = Avx512F.Add(Minimum(m2, sums + 2), Minimum(m3, sums + 3));
        min0 = Avx512F.Add(min0, Avx512F.Add(Minimum(m4, sums + 4), Minimum(m5, sums + 5)));
        min1 = Avx512F.Add(min1, Avx512F.Add(Minimum(m6, sums + 6), Minimum(m7, sums + 7)));
        min0 = Avx512F.Add(min0, min1);
        if (!T.HasMinimums)
            sum = Avx512F.Subtract(sum, min0);
        Vector512<float> scale = Vector512.Create(*s);
        Vector512<float> c = Avx512F.FusedMultiplyAdd(Avx512F.ConvertToVector512Single(sum), d * scale, Vector512.Load(output));
        if (T.HasMinimums)
            c = Avx512F.FusedMultiplyAddNegated(Avx512F.ConvertToVector512Single(min0), dmin * scale, c);
        c.Store(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Minimum(Vector512<short> minimums, int* sums) =>
        Avx512BW.MultiplyAddAdjacent(minimums, Vector512.Create(*sums).AsInt16());
}
