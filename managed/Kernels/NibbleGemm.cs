using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>How a format with 32 weights a block, each of 4 or 5 unsigned bits, lies in a packed group of 16 rows:
/// a header of scales, for 5 bits a plane of 64 bytes with the high bits, then four times 64 bytes of nibbles.</summary>
internal unsafe interface INibbleTile
{
    /// <summary>Bytes of the scales of 16 rows.</summary>
    static abstract int HeaderBytes { get; }

    /// <summary>Whether a plane of fifth bits follows the header.</summary>
    static abstract bool FifthBit { get; }

    /// <summary>The scale d of each row.</summary>
    static abstract Vector512<float> Scale(byte* block);

    /// <summary>The offset m of each row: a weight is d·q + m.</summary>
    static abstract Vector512<float> Offset(byte* block, Vector512<float> scale);

    /// <summary>The scale of 8 rows; half 0 or 1.</summary>
    static abstract Vector256<float> Scale(byte* block, int half);

    /// <summary>The offset of 8 rows.</summary>
    static abstract Vector256<float> Offset(byte* block, int half, Vector256<float> scale);

    /// <summary>Scale and offset of one row.</summary>
    static abstract (float Scale, float Offset) ScaleAndOffset(byte* block, int row);
}

/// <summary>
/// Matrix product of 16 packed rows of 4- or 5-bit weights with up to 8 tokens of 8-bit activations:
/// y = sum over blocks of d·dy·(sum q·a) + m·(dy·sum a). The integer sum is exact and the two multiply-adds a block come in
/// file order, so every way to run it gives the same bits.
/// </summary>
/// <remarks>
/// Lane r of vector j holds the bytes of weights 4j..4j+3 of row r: low nibbles are k = 4j.., high nibbles k = 16+4j..
/// vpmaddubsw adds two products in 16 bits; a chain of four of them holds at most 8·31·127 = 31496, so it can't saturate.
/// Activations: <see cref="Int8Activations"/>, blocks of 32.
/// </remarks>
internal readonly unsafe partial struct NibbleGemm<T> : IGemm where T : unmanaged, INibbleTile
{
    private static int QuantOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.HeaderBytes + (T.FifthBit ? 64 : 0);
    }

    public static ActivationLayout Layout => ActivationLayout.Int8;

    public static int BlockElements => 32;

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => QuantOffset + 256;
    }

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (Lanes.Wide)
        {
            if (!KernelForms.Run(NibbleKernel<T>.Forms, weights, blocks, tile, tokens, output))
                Wide(weights, blocks, tile, tokens, output);
        }
        else if (Lanes.Vnni)
            Vnni(weights, blocks, tile, tokens, output);
        else if (Lanes.Narrow)
            Narrow(weights, blocks, tile, tokens, output);
        else if (Lanes.Neon)
            Neon(weights, blocks, tile, tokens, output);
        else
            Reference(weights, blocks, tile, tokens, output);
    }

    /// <summary>512-bit.</summary>
    internal static void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* scales = (float*)(tile + Int8Activations.ScaleOffset);
        if (tokens > 4)
            Multiply8(weights, blocks, tile, scales, output);
        else if (tokens > 1)
            Multiply4(weights, blocks, tile, scales, output);
        else
            Multiply1(weights, blocks, tile, scales, output);
    }

    /// <summary>256-bit.</summary>
    internal static void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* scales = (float*)(tile + Int8Activations.ScaleOffset);
        for (int half = 0; half < 2; half++)
        {
            if (tokens == 1)
            {
                Multiply1(weights, blocks, tile, scales, half, output + 8 * half);
                continue;
            }
            Multiply4(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Multiply4(weights, blocks, tile + 4 * 32, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
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

    private static void Multiply4(byte* w, int blocks, byte* a, float* s, int half, float* output)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            if (half == 0)
                Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
            // Low and high nibbles of one vector at a time: sixteen registers hold no more.
            for (int j = 0; j < 4; j += 2)
            {
                Load(w, half, j, out var l, out var h);
                Load(w, half, j + 1, out var l1, out var h1);
                byte* p = a + 4 * j;
                s0 = Add(s0, p, l, h, l1, h1);
                s1 = Add(s1, p + 32, l, h, l1, h1);
                s2 = Add(s2, p + 64, l, h, l1, h1);
                s3 = Add(s3, p + 96, l, h, l1, h1);
            }
            Vector256<float> d = T.Scale(w, half);
            Vector256<float> m = T.Offset(w, half, d);
            c0 = Finish(c0, s0, s, d, m);
            c1 = Finish(c1, s1, s + 1, d, m);
            c2 = Finish(c2, s2, s + 2, d, m);
            c3 = Finish(c3, s3, s + 3, d, m);
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Multiply1(byte* w, int blocks, byte* a, float* s, int half, float* output)
    {
        Vector256<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            if (half == 0)
                Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Load(w, half, 0, out var l0, out var h0);
            Load(w, half, 1, out var l1, out var h1);
            Vector256<int> s0 = Add(default, a, l0, h0, l1, h1);
            Load(w, half, 2, out var l2, out var h2);
            Load(w, half, 3, out var l3, out var h3);
            s0 = Add(s0, a + 8, l2, h2, l3, h3);
            Vector256<float> d = T.Scale(w, half);
            c0 = Finish(c0, s0, s, d, T.Offset(w, half, d));
        }
        c0.Store(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int half, int j, out Vector256<byte> l, out Vector256<byte> h)
    {
        Vector256<byte> low = Vector256.Create((byte)15);
        Vector256<byte> v = Vector256.Load(w + QuantOffset + 64 * j + 32 * half);
        l = v & low;
        h = Vector256.ShiftRightLogical(v.AsUInt16(), 4).AsByte() & low;
        if (T.FifthBit)
        {
            Vector256<ushort> plane = Vector256.Load(w + T.HeaderBytes + 32 * half).AsUInt16();
            Vector256<byte> fifth = Vector256.Create((byte)16);
            l |= Vector256.ShiftLeft(plane, 4 - j).AsByte() & fifth;
            h |= Vector256.ShiftRightLogical(plane, j).AsByte() & fifth;
        }
    }

    // 8 products a 16-bit lane: at most 31496.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add(Vector256<int> sum, byte* a, Vector256<byte> l0, Vector256<byte> h0, Vector256<byte> l1, Vector256<byte> h1)
    {
        Vector256<short> s0 = Avx2.Add(Pairs(l0, a), Pairs(h0, a + 16));
        Vector256<short> s1 = Avx2.Add(Pairs(l1, a + 4), Pairs(h1, a + 20));
        return Avx2.Add(sum, Avx2.MultiplyAddAdjacent(Avx2.Add(s0, s1), Vector256.Create((short)1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pairs(Vector256<byte> weights, byte* activations) =>
        Avx2.MultiplyAddAdjacent(weights, Vector256.Create(*(int*)activations).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Finish(Vector256<float> c, Vector256<int> sum, float* s, Vector256<float> d, Vector256<float> m)
    {
        c = Fma.MultiplyAdd(Avx.ConvertToVector256Single(sum), d * Vector256.Create(*s), c);
        return Fma.MultiplyAdd(Vector256.Create(s[Lanes.Tokens]), m, c);
    }

    /// <summary>The same in plain loops.</summary>
    internal static void Reference(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        for (int t = 0; t < tokens; t++)
        {
            for (int row = 0; row < Lanes.Rows; row++)
            {
                float c = 0;
                for (int b = 0; b < blocks; b++)
                {
                    byte* w = weights + (long)b * BlockBytes;
                    byte* a = tile + (long)b * Int8Activations.BlockBytes;
                    sbyte* x = (sbyte*)a + 32 * t;
                    float* scale = (float*)(a + Int8Activations.ScaleOffset) + t;
                    int sum = 0;
                    for (int i = 0; i < 32; i++)
                    {
                        int j = i % 16 / 4, lane = 4 * row + i % 4;
                        int q = w[QuantOffset + 64 * j + lane] >> (i < 16 ? 0 : 4) & 15;
                        if (T.FifthBit)
                            q |= (w[T.HeaderBytes + lane] >> (j + (i < 16 ? 0 : 4)) & 1) << 4;
                        sum += q * x[i];
                    }
                    (float d, float m) = T.ScaleAndOffset(w, row);
                    c = MathF.FusedMultiplyAdd(sum, d * *scale, c);
                    c = MathF.FusedMultiplyAdd(m, scale[Lanes.Tokens], c);
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
