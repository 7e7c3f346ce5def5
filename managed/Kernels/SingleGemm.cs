using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>How weights that are floating-point numbers lie in a packed group: for each k the 16 rows side by side.</summary>
internal unsafe interface ISingleTile
{
    /// <summary>Bytes of one weight.</summary>
    static abstract int RowBytes { get; }

    /// <summary>The weights of 16 rows for one k.</summary>
    static abstract Vector512<float> Load(byte* weights);

    /// <summary>The weights of 8 rows; half 0 or 1.</summary>
    static abstract Vector256<float> Load(byte* weights, int half);

    /// <summary>The weight of one row.</summary>
    static abstract float Load1(byte* weights, int row);
}

/// <summary>
/// Matrix product of 16 packed rows of floating-point weights with up to 8 tokens in single precision: y = sum over k of w·a, one fused
/// multiply-add each, in the order of k, so that every way to run it gives the same bits.
/// </summary>
/// <remarks>Activations: <see cref="SingleActivations"/>.</remarks>
internal readonly unsafe partial struct SingleGemm<T> : IGemmForms where T : unmanaged, ISingleTile
{
    public static ActivationLayout Layout => ActivationLayout.Single;

    public static int BlockElements => 1;

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Lanes.Rows * T.RowBytes;
    }

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output) => BestForm<SingleGemm<T>>.Multiply(weights, blocks, tile, tokens, output);

    /// <summary>Writes a group in single precision: for each k the 16 rows side by side. `widened` may begin before the weights and reach over them,
    /// where both have the same end.</summary>
    public static void Widen(byte* weights, int columns, float* widened)
    {
        for (; columns > 0; columns--, weights += BlockBytes, widened += Lanes.Rows)
        {
            if (Lanes.Wide)
            {
                T.Load(weights).Store(widened);
                continue;
            }
            Vector256<float> first = T.Load(weights, 0), second = T.Load(weights, 1);
            first.Store(widened);
            second.Store(widened + 8);
        }
    }

    /// <summary>512-bit.</summary>
    public static void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* a = (float*)tile;
        if (tokens > 4)
            Multiply8(weights, blocks, a, output);
        else if (tokens > 1)
            Multiply4(weights, blocks, a, output);
        else
            Multiply1(weights, blocks, a, output);
    }

    public static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow(weights, blocks, tile, tokens, output);

    /// <summary>256-bit.</summary>
    public static void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* a = (float*)tile;
        if (tokens > 4)
        {
            Multiply8(weights, blocks, a, 0, output);
            Multiply8(weights, blocks, a, 1, output + 8);
        }
        else if (tokens > 1)
        {
            Multiply4Narrow(weights, blocks, a, output);
        }
        else
        {
            Multiply1Narrow(weights, blocks, a, output);
        }
    }

    private static void Multiply8(byte* w, int columns, float* a, float* output)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (; columns > 0; columns--, w += BlockBytes, a += Lanes.Tokens)
        {
            Vector512<float> v = T.Load(w);
            c0 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[0]), c0);
            c1 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[1]), c1);
            c2 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[2]), c2);
            c3 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[3]), c3);
            c4 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[4]), c4);
            c5 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[5]), c5);
            c6 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[6]), c6);
            c7 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[7]), c7);
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

    private static void Multiply4(byte* w, int columns, float* a, float* output)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; columns > 0; columns--, w += BlockBytes, a += Lanes.Tokens)
        {
            Vector512<float> v = T.Load(w);
            c0 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[0]), c0);
            c1 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[1]), c1);
            c2 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[2]), c2);
            c3 = Avx512F.FusedMultiplyAdd(v, Vector512.Create(a[3]), c3);
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Multiply1(byte* w, int columns, float* a, float* output)
    {
        Vector512<float> c0 = default;
        // Two at a time, because 16 numbers of 16 bits are half a line of memory.
        for (; columns > 1; columns -= 2, w += 2 * BlockBytes, a += 2 * Lanes.Tokens)
        {
            Prefetch.Lines(w, 2 * BlockBytes / 64);
            c0 = Avx512F.FusedMultiplyAdd(T.Load(w), Vector512.Create(*a), c0);
            c0 = Avx512F.FusedMultiplyAdd(T.Load(w + BlockBytes), Vector512.Create(a[Lanes.Tokens]), c0);
        }
        if (columns > 0)
            c0 = Avx512F.FusedMultiplyAdd(T.Load(w), Vector512.Create(*a), c0);
        c0.Store(output);
    }

    private static void Multiply8(byte* w, int columns, float* a, int half, float* output)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (; columns > 0; columns--, w += BlockBytes, a += Lanes.Tokens)
        {
            Vector256<float> v = T.Load(w, half);
            c0 = Fma.MultiplyAdd(v, Vector256.Create(a[0]), c0);
            c1 = Fma.MultiplyAdd(v, Vector256.Create(a[1]), c1);
            c2 = Fma.MultiplyAdd(v, Vector256.Create(a[2]), c2);
            c3 = Fma.MultiplyAdd(v, Vector256.Create(a[3]), c3);
            c4 = Fma.MultiplyAdd(v, Vector256.Create(a[4]), c4);
            c5 = Fma.MultiplyAdd(v, Vector256.Create(a[5]), c5);
            c6 = Fma.MultiplyAdd(v, Vector256.Create(a[6]), c6);
            c7 = Fma.MultiplyAdd(v, Vector256.Create(a[7]), c7);
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

    // All 16 rows at once: the sums of 8 rows are too few to hide the latency of a multiply-add.
    private static void Multiply4Narrow(byte* w, int columns, float* a, float* output)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        for (; columns > 0; columns--, w += BlockBytes, a += Lanes.Tokens)
        {
            Vector256<float> v = T.Load(w, 0), u = T.Load(w, 1);
            Vector256<float> a0 = Vector256.Create(a[0]), a1 = Vector256.Create(a[1]), a2 = Vector256.Create(a[2]), a3 = Vector256.Create(a[3]);
            c0 = Fma.MultiplyAdd(v, a0, c0);
            c1 = Fma.MultiplyAdd(v, a1, c1);
            c2 = Fma.MultiplyAdd(v, a2, c2);
            c3 = Fma.MultiplyAdd(v, a3, c3);
            d0 = Fma.MultiplyAdd(u, a0, d0);
            d1 = Fma.MultiplyAdd(u, a1, d1);
            d2 = Fma.MultiplyAdd(u, a2, d2);
            d3 = Fma.MultiplyAdd(u, a3, d3);
        }
        c0.Store(output);
        d0.Store(output + 8);
        c1.Store(output + 16);
        d1.Store(output + 24);
        c2.Store(output + 32);
        d2.Store(output + 40);
        c3.Store(output + 48);
        d3.Store(output + 56);
    }

    private static void Multiply1Narrow(byte* w, int columns, float* a, float* output)
    {
        Vector256<float> c = default, d = default;
        for (; columns > 0; columns--, w += BlockBytes, a += Lanes.Tokens)
        {
            Prefetch.Lines(w, 1);
            Vector256<float> a0 = Vector256.Create(*a);
            c = Fma.MultiplyAdd(T.Load(w, 0), a0, c);
            d = Fma.MultiplyAdd(T.Load(w, 1), a0, d);
        }
        c.Store(output);
        d.Store(output + 8);
    }

    /// <summary>The same in plain loops.</summary>
    public static void Reference(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        for (int t = 0; t < tokens; t++)
        {
            float* a = (float*)tile + t;
            for (int row = 0; row < Lanes.Rows; row++)
            {
                float c = 0;
                for (int k = 0; k < blocks; k++)
                    c = MathF.FusedMultiplyAdd(T.Load1(weights + (long)k * BlockBytes, row), a[(long)k * Lanes.Tokens], c);
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
