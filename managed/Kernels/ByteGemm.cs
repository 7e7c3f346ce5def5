using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realm.Kernels.Emitted;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

/// <summary>How a format with 32 signed 8-bit weights a block lies in a packed group of 16 rows: a header of scales, then eight
/// times 64 bytes, four consecutive weights of each row.</summary>
internal unsafe interface IByteTile
{
    /// <summary>Bytes of the scales of 16 rows.</summary>
    static abstract int HeaderBytes { get; }

    /// <summary>The scale d of each row.</summary>
    static abstract Vector512<float> Scale(byte* block);

    /// <summary>The scale of 8 rows; half 0 or 1.</summary>
    static abstract Vector256<float> Scale(byte* block, int half);

    /// <summary>The scale of one row.</summary>
    static abstract float Scale1(byte* block, int row);
}

/// <summary>
/// Matrix product of 16 packed rows of 8-bit weights with up to 8 tokens of 16-bit activations: y = sum over blocks of d·dy·(sum q·a).
/// The integer sum is exact and there is one fused multiply-add a block, in file order, so every way to run it gives the same bits.
/// </summary>
/// <remarks>
/// The weights are widened to 16 bits: shifts take the even and the odd bytes of a vector apart, and vpmaddwd adds two products in 32 bits,
/// where a block of 32 stays below 2^28. Activations: <see cref="Int16Activations"/>, which have the same even and odd order.
/// </remarks>
internal readonly unsafe partial struct ByteGemm<T> : IGemm where T : unmanaged, IByteTile
{
    public static ActivationLayout Layout => ActivationLayout.Int16;

    public static int BlockElements => 32;

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.HeaderBytes + 512;
    }

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (Lanes.Wide)
        {
            if (!KernelForms.Run(ByteKernel<T>.Forms, weights, blocks, tile, tokens, output))
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
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
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
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        for (int half = 0; half < 2; half++)
        {
            if (tokens == 1)
            {
                Multiply1(weights, blocks, tile, scales, half, output + 8 * half);
                continue;
            }
            Multiply4(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Multiply4(weights, blocks, tile + 4 * 64, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
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

    private static void Multiply4(byte* w, int blocks, byte* a, float* s, int half, float* output)
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
                s0 = Add(s0, p, e0, o0, e1, o1);
                s1 = Add(s1, p + 64, e0, o0, e1, o1);
                s2 = Add(s2, p + 128, e0, o0, e1, o1);
                s3 = Add(s3, p + 192, e0, o0, e1, o1);
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

    private static void Multiply1(byte* w, int blocks, byte* a, float* s, int half, float* output)
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
                    byte* a = tile + (long)b * Int16Activations.BlockBytes;
                    short* x = (short*)a + 32 * t;
                    int sum = 0;
                    for (int i = 0; i < 32; i++)
                    {
                        // Of four activations the first and third come first.
                        int place = i / 4 * 4 + i % 2 * 2 + i % 4 / 2;
                        sum += ((sbyte*)w)[T.HeaderBytes + 64 * (i / 4) + 4 * row + i % 4] * x[place];
                    }
                    float scale = ((float*)(a + Int16Activations.ScaleOffset))[t];
                    c = MathF.FusedMultiplyAdd(sum, T.Scale1(w, row) * scale, c);
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
