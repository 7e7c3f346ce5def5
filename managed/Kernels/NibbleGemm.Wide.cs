using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

// 512-bit: 16 rows at a time.
internal readonly unsafe partial struct NibbleGemm<T>
{
    /// <summary>512-bit.</summary>
    public static void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* scales = (float*)(tile + Int8Activations.ScaleOffset);
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
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Vector512<float> d = T.Scale(w);
            Vector512<float> m = T.Offset(w, d);
            Load(w, out var l0, out var l1, out var l2, out var l3, out var h0, out var h1, out var h2, out var h3);
            c0 = Token(c0, a, s, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c1 = Token(c1, a + 32, s + 1, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c2 = Token(c2, a + 64, s + 2, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c3 = Token(c3, a + 96, s + 3, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c4 = Token(c4, a + 128, s + 4, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c5 = Token(c5, a + 160, s + 5, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c6 = Token(c6, a + 192, s + 6, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c7 = Token(c7, a + 224, s + 7, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
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
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Vector512<float> d = T.Scale(w);
            Vector512<float> m = T.Offset(w, d);
            Load(w, out var l0, out var l1, out var l2, out var l3, out var h0, out var h1, out var h2, out var h3);
            c0 = Token(c0, a, s, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c1 = Token(c1, a + 32, s + 1, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c2 = Token(c2, a + 64, s + 2, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
            c3 = Token(c3, a + 96, s + 3, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Multiply1(byte* w, int blocks, byte* a, float* s, float* output)
    {
        Vector512<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Vector512<float> d = T.Scale(w);
            Vector512<float> m = T.Offset(w, d);
            Load(w, out var l0, out var l1, out var l2, out var l3, out var h0, out var h1, out var h2, out var h3);
            c0 = Token(c0, a, s, d, m, l0, l1, l2, l3, h0, h1, h2, h3);
        }
        c0.Store(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w,
        out Vector512<byte> l0, out Vector512<byte> l1, out Vector512<byte> l2, out Vector512<byte> l3,
        out Vector512<byte> h0, out Vector512<byte> h1, out Vector512<byte> h2, out Vector512<byte> h3)
    {
        Vector512<byte> low = Vector512.Create((byte)15);
        byte* q = w + QuantOffset;
        Vector512<byte> v0 = Vector512.Load(q), v1 = Vector512.Load(q + 64), v2 = Vector512.Load(q + 128), v3 = Vector512.Load(q + 192);
        l0 = v0 & low;
        l1 = v1 & low;
        l2 = v2 & low;
        l3 = v3 & low;
        h0 = Vector512.ShiftRightLogical(v0.AsUInt16(), 4).AsByte() & low;
        h1 = Vector512.ShiftRightLogical(v1.AsUInt16(), 4).AsByte() & low;
        h2 = Vector512.ShiftRightLogical(v2.AsUInt16(), 4).AsByte() & low;
        h3 = Vector512.ShiftRightLogical(v3.AsUInt16(), 4).AsByte() & low;
        if (T.FifthBit)
        {
            // Bit k of each byte of the plane is the fifth bit of that byte in vector k.
            Vector512<ushort> plane = Vector512.Load(w + T.HeaderBytes).AsUInt16();
            Vector512<byte> fifth = Vector512.Create((byte)16);
            l0 |= Vector512.ShiftLeft(plane, 4).AsByte() & fifth;
            l1 |= Vector512.ShiftLeft(plane, 3).AsByte() & fifth;
            l2 |= Vector512.ShiftLeft(plane, 2).AsByte() & fifth;
            l3 |= Vector512.ShiftLeft(plane, 1).AsByte() & fifth;
            h0 |= plane.AsByte() & fifth;
            h1 |= Vector512.ShiftRightLogical(plane, 1).AsByte() & fifth;
            h2 |= Vector512.ShiftRightLogical(plane, 2).AsByte() & fifth;
            h3 |= Vector512.ShiftRightLogical(plane, 3).AsByte() & fifth;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Token(Vector512<float> c, byte* a, float* s, Vector512<float> d, Vector512<float> m,
        Vector512<byte> l0, Vector512<byte> l1, Vector512<byte> l2, Vector512<byte> l3,
        Vector512<byte> h0, Vector512<byte> h1, Vector512<byte> h2, Vector512<byte> h3)
    {
        Vector512<short> ones = Vector512.Create((short)1);
        Vector512<short> s0 = Pairs(l0, a);
        Vector512<short> s1 = Pairs(h0, a + 16);
        s0 = Avx512BW.Add(s0, Pairs(l1, a + 4));
        s1 = Avx512BW.Add(s1, Pairs(h1, a + 20));
        s0 = Avx512BW.Add(s0, Pairs(l2, a + 8));
        s1 = Avx512BW.Add(s1, Pairs(h2, a + 24));
        s0 = Avx512BW.Add(s0, Pairs(l3, a + 12));
        s1 = Avx512BW.Add(s1, Pairs(h3, a + 28));
        Vector512<int> sum = T.FifthBit
            ? Avx512F.Add(Avx512BW.MultiplyAddAdjacent(s0, ones), Avx512BW.MultiplyAddAdjacent(s1, ones))
            : Avx512BW.MultiplyAddAdjacent(Avx512BW.Add(s0, s1), ones);
        c = Avx512F.FusedMultiplyAdd(Avx512F.ConvertToVector512Single(sum), d * Vector512.Create(*s), c);
        return Avx512F.FusedMultiplyAdd(Vector512.Create(s[Lanes.Tokens]), m, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector512<byte> weights, byte* activations) =>
        Avx512BW.MultiplyAddAdjacent(weights, Vector512.Create(*(int*)activations).AsSByte());
}
