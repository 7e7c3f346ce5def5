using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels.Emitted;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

/// <summary>
/// Matrix product of 16 packed rows of 4-bit weights that are looked up in a table, with up to 8 tokens of 16-bit activations:
/// y = sum over groups of d·dy·(sum table[q]·a). The integer sum is exact and there is one fused multiply-add a group, in file order, so every way to
/// run it gives the same bits.
/// </summary>
/// <remarks>
/// The 512-bit form looks 16-bit numbers up (vpermw takes the low five bits of a word as index, so that a table that repeats after 16 needs no
/// mask), the 256-bit form bytes, which it widens. vpmaddwd adds two products in 32 bits, where 32 products stay below 2^28. Signed bytes times 8-bit
/// activations, two in 16 bits, would have to be widened as often, so the 16-bit activations cost nothing.
/// Activations: <see cref="Int16Activations"/>, of each four the even pair, then the odd pair.
/// </remarks>
internal readonly unsafe partial struct TableGemm<T> : IGemm where T : unmanaged, ITableTile
{
    private static int Groups
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.BlockElements / 32;
    }

    // Bytes from the activations of a vector's low nibbles to those of its high nibbles, and from those of vectors 0, 1 to those of 2, 3.
    private static int HighOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.Sixteens ? 16 : 32;
    }

    private static int NextOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.Sixteens ? 32 : 16;
    }

    public static ActivationLayout Layout => ActivationLayout.Int16;

    public static int BlockElements
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.BlockElements;
    }

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.HeaderBytes + 8 * T.BlockElements;
    }

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (Lanes.Wide)
        {
            if (!KernelForms.Run(TableKernel<T>.Forms, weights, blocks, tile, tokens, output))
                Wide(weights, blocks, tile, tokens, output);
        }
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
        if (tokens > 4)
            Multiply8(weights, blocks, tile, output);
        else if (tokens > 1)
            Multiply4(weights, blocks, tile, output);
        else
            Multiply1(weights, blocks, tile, output);
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

    private static void Multiply8(byte* w, int blocks, byte* a, float* output)
    {
        Vector512<short> table = Table();
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            for (int g = 0; g < Groups; g++, a += Int16Activations.BlockBytes)
            {
                byte* q = w + T.HeaderBytes + 256 * g;
                Prefetch.Lines(q, 4);
                float* s = (float*)(a + Int16Activations.ScaleOffset);
                // Half a group at a time: 8 vectors of weights and 8 sums.
                Load(q, 0, table, out var e0, out var o0, out var e1, out var o1, out var e2, out var o2, out var e3, out var o3);
                Vector512<int> s0 = Sum(a, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s1 = Sum(a + 64, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s2 = Sum(a + 128, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s3 = Sum(a + 192, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s4 = Sum(a + 256, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s5 = Sum(a + 320, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s6 = Sum(a + 384, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s7 = Sum(a + 448, e0, o0, e1, o1, e2, o2, e3, o3);
                if (T.Sixteens)
                {
                    Vector512<float> first = T.Scale(w, 2 * g);
                    c0 = FinishGroup(c0, ref s0, s, first);
                    c1 = FinishGroup(c1, ref s1, s + 1, first);
                    c2 = FinishGroup(c2, ref s2, s + 2, first);
                    c3 = FinishGroup(c3, ref s3, s + 3, first);
                    c4 = FinishGroup(c4, ref s4, s + 4, first);
                    c5 = FinishGroup(c5, ref s5, s + 5, first);
                    c6 = FinishGroup(c6, ref s6, s + 6, first);
                    c7 = FinishGroup(c7, ref s7, s + 7, first);
                }
                Vector512<float> d = T.Scale(w, T.Sixteens ? 2 * g + 1 : g);
                Load(q, 1, table, out e0, out o0, out e1, out o1, out e2, out o2, out e3, out o3);
                c0 = Finish(c0, s0 + Sum(a + 32, e0, o0, e1, o1, e2, o2, e3, o3), s, d);
                c1 = Finish(c1, s1 + Sum(a + 96, e0, o0, e1, o1, e2, o2, e3, o3), s + 1, d);
                c2 = Finish(c2, s2 + Sum(a + 160, e0, o0, e1, o1, e2, o2, e3, o3), s + 2, d);
                c3 = Finish(c3, s3 + Sum(a + 224, e0, o0, e1, o1, e2, o2, e3, o3), s + 3, d);
                c4 = Finish(c4, s4 + Sum(a + 288, e0, o0, e1, o1, e2, o2, e3, o3), s + 4, d);
                c5 = Finish(c5, s5 + Sum(a + 352, e0, o0, e1, o1, e2, o2, e3, o3), s + 5, d);
                c6 = Finish(c6, s6 + Sum(a + 416, e0, o0, e1, o1, e2, o2, e3, o3), s + 6, d);
                c7 = Finish(c7, s7 + Sum(a + 480, e0, o0, e1, o1, e2, o2, e3, o3), s + 7, d);
            }
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

    private static void Multiply4(byte* w, int blocks, byte* a, float* output)
    {
        Vector512<short> table = Table();
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            for (int g = 0; g < Groups; g++, a += Int16Activations.BlockBytes)
            {
                byte* q = w + T.HeaderBytes + 256 * g;
                Prefetch.Lines(q, 4);
                float* s = (float*)(a + Int16Activations.ScaleOffset);
                Load(q, 0, table, out var e0, out var o0, out var e1, out var o1, out var e2, out var o2, out var e3, out var o3);
                Vector512<int> s0 = Sum(a, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s1 = Sum(a + 64, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s2 = Sum(a + 128, e0, o0, e1, o1, e2, o2, e3, o3);
                Vector512<int> s3 = Sum(a + 192, e0, o0, e1, o1, e2, o2, e3, o3);
                if (T.Sixteens)
                {
                    Vector512<float> first = T.Scale(w, 2 * g);
                    c0 = FinishGroup(c0, ref s0, s, first);
                    c1 = FinishGroup(c1, ref s1, s + 1, first);
                    c2 = FinishGroup(c2, ref s2, s + 2, first);
                    c3 = FinishGroup(c3, ref s3, s + 3, first);
                }
                Vector512<float> d = T.Scale(w, T.Sixteens ? 2 * g + 1 : g);
                Load(q, 1, table, out e0, out o0, out e1, out o1, out e2, out o2, out e3, out o3);
                c0 = Finish(c0, s0 + Sum(a + 32, e0, o0, e1, o1, e2, o2, e3, o3), s, d);
                c1 = Finish(c1, s1 + Sum(a + 96, e0, o0, e1, o1, e2, o2, e3, o3), s + 1, d);
                c2 = Finish(c2, s2 + Sum(a + 160, e0, o0, e1, o1, e2, o2, e3, o3), s + 2, d);
                c3 = Finish(c3, s3 + Sum(a + 224, e0, o0, e1, o1, e2, o2, e3, o3), s + 3, d);
            }
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Multiply1(byte* w, int blocks, byte* a, float* output)
    {
        Vector512<short> table = Table();
        Vector512<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            for (int g = 0; g < Groups; g++, a += Int16Activations.BlockBytes)
            {
                byte* q = w + T.HeaderBytes + 256 * g;
                Prefetch.Lines(q, 5);
                float* s = (float*)(a + Int16Activations.ScaleOffset);
                Load(q, 0, table, out var e0, out var o0, out var e1, out var o1, out var e2, out var o2, out var e3, out var o3);
                Vector512<int> s0 = Sum(a, e0, o0, e1, o1, e2, o2, e3, o3);
                if (T.Sixteens)
                    c0 = FinishGroup(c0, ref s0, s, T.Scale(w, 2 * g));
                Load(q, 1, table, out e0, out o0, out e1, out o1, out e2, out o2, out e3, out o3);
                c0 = Finish(c0, s0 + Sum(a + 32, e0, o0, e1, o1, e2, o2, e3, o3), s, T.Scale(w, T.Sixteens ? 2 * g + 1 : g));
            }
        }
        c0.Store(output);
    }

    // The table as 16-bit numbers, twice.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Table()
    {
        Vector256<short> once = Avx2.ConvertToVector256Int16(Vector128.Create(T.Values));
        return Vector512.Create(once, once);
    }

    // Half of 32 weights: even and odd ones of four times four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* q, int half, Vector512<short> table,
        out Vector512<short> e0, out Vector512<short> o0, out Vector512<short> e1, out Vector512<short> o1,
        out Vector512<short> e2, out Vector512<short> o2, out Vector512<short> e3, out Vector512<short> o3)
    {
        if (T.Sixteens)
        {
            Vector512<ushort> v0 = Vector512.Load((ushort*)(q + 128 * half)), v1 = Vector512.Load((ushort*)(q + 128 * half + 64));
            e0 = Value(table, v0, 0);
            o0 = Value(table, v0, 8);
            e1 = Value(table, v1, 0);
            o1 = Value(table, v1, 8);
            e2 = Value(table, v0, 4);
            o2 = Value(table, v0, 12);
            e3 = Value(table, v1, 4);
            o3 = Value(table, v1, 12);
        }
        else
        {
            Vector512<ushort> v0 = Vector512.Load((ushort*)q), v1 = Vector512.Load((ushort*)(q + 64));
            Vector512<ushort> v2 = Vector512.Load((ushort*)(q + 128)), v3 = Vector512.Load((ushort*)(q + 192));
            e0 = Value(table, v0, 4 * half);
            o0 = Value(table, v0, 4 * half + 8);
            e1 = Value(table, v1, 4 * half);
            o1 = Value(table, v1, 4 * half + 8);
            e2 = Value(table, v2, 4 * half);
            o2 = Value(table, v2, 4 * half + 8);
            e3 = Value(table, v3, 4 * half);
            o3 = Value(table, v3, 4 * half + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Value(Vector512<short> table, Vector512<ushort> nibbles, int shift) =>
        Avx512BW.PermuteVar32x16(table, (shift == 0 ? nibbles : Vector512.ShiftRightLogical(nibbles, shift)).AsInt16());

    // Ends a group and starts the next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> FinishGroup(Vector512<float> c, ref Vector512<int> sum, float* s, Vector512<float> d)
    {
        c = Finish(c, sum, s, d);
        sum = default;
        return c;
    }

    private static void Multiply4(byte* w, int blocks, byte* a, float* s, int half, float* output)
    {
        Vector256<sbyte> table = Vector256.Create(Vector128.Create(T.Values), Vector128.Create(T.Values));
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            for (int g = 0; g < Groups; g++, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                byte* q = w + T.HeaderBytes + 256 * g + 32 * half;
                if (half == 0)
                    Prefetch.Lines(q, 4);
                Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
                // Two vectors at a time, low and high nibbles: sixteen registers hold no more.
                for (int pair = 0; pair < 2; pair++)
                {
                    byte* p = a + NextOffset * pair;
                    Load(q + 128 * pair, 0, table, out var e0, out var o0, out var e1, out var o1);
                    s0 = Add(s0, p, e0, o0, e1, o1);
                    s1 = Add(s1, p + 64, e0, o0, e1, o1);
                    s2 = Add(s2, p + 128, e0, o0, e1, o1);
                    s3 = Add(s3, p + 192, e0, o0, e1, o1);
                    p += HighOffset;
                    Load(q + 128 * pair, 4, table, out e0, out o0, out e1, out o1);
                    s0 = Add(s0, p, e0, o0, e1, o1);
                    s1 = Add(s1, p + 64, e0, o0, e1, o1);
                    s2 = Add(s2, p + 128, e0, o0, e1, o1);
                    s3 = Add(s3, p + 192, e0, o0, e1, o1);
                    if (!T.Sixteens && pair == 0)
                        continue;
                    Vector256<float> d = T.Scale(w, T.Sixteens ? 2 * g + pair : g, half);
                    c0 = FinishGroup(c0, ref s0, s, d);
                    c1 = FinishGroup(c1, ref s1, s + 1, d);
                    c2 = FinishGroup(c2, ref s2, s + 2, d);
                    c3 = FinishGroup(c3, ref s3, s + 3, d);
                }
            }
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Multiply1(byte* w, int blocks, byte* a, float* s, int half, float* output)
    {
        Vector256<sbyte> table = Vector256.Create(Vector128.Create(T.Values), Vector128.Create(T.Values));
        Vector256<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            for (int g = 0; g < Groups; g++, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                byte* q = w + T.HeaderBytes + 256 * g + 32 * half;
                if (half == 0)
                    Prefetch.Lines(q, 5);
                Load(q, 0, table, out var e0, out var o0, out var e1, out var o1);
                Vector256<int> s0 = Add(default, a, e0, o0, e1, o1);
                Load(q, 4, table, out e0, out o0, out e1, out o1);
                s0 = Add(s0, a + HighOffset, e0, o0, e1, o1);
                if (T.Sixteens)
                    c0 = FinishGroup(c0, ref s0, s, T.Scale(w, 2 * g, half));
                Load(q + 128, 0, table, out e0, out o0, out e1, out o1);
                s0 = Add(s0, a + NextOffset, e0, o0, e1, o1);
                Load(q + 128, 4, table, out e0, out o0, out e1, out o1);
                s0 = Add(s0, a + NextOffset + HighOffset, e0, o0, e1, o1);
                c0 = FinishGroup(c0, ref s0, s, T.Scale(w, T.Sixteens ? 2 * g + 1 : g, half));
            }
        }
        c0.Store(output);
    }

    // Even and odd weights of two vectors; shift 0 or 4.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* q, int shift, Vector256<sbyte> table,
        out Vector256<short> e0, out Vector256<short> o0, out Vector256<short> e1, out Vector256<short> o1)
    {
        Vector256<short> v0 = Values(table, q, shift), v1 = Values(table, q + 64, shift);
        e0 = Even(v0);
        o0 = Odd(v0);
        e1 = Even(v1);
        o1 = Odd(v1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Values(Vector256<sbyte> table, byte* q, int shift)
    {
        Vector256<ushort> v = Vector256.Load((ushort*)q);
        if (shift != 0)
            v = Vector256.ShiftRightLogical(v, shift);
        return Avx2.Shuffle(table, v.AsSByte() & Vector256.Create((sbyte)15)).AsInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> FinishGroup(Vector256<float> c, ref Vector256<int> sum, float* s, Vector256<float> d)
    {
        c = Finish(c, sum, s, d);
        sum = default;
        return c;
    }

    /// <summary>The same in plain loops.</summary>
    internal static void Reference(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        for (int t = 0; t < tokens; t++)
        {
            for (int row = 0; row < Lanes.Rows; row++)
            {
                float c = 0;
                for (int i = 0; i < blocks * Groups; i++)
                {
                    byte* w = weights + (long)(i / Groups) * BlockBytes;
                    byte* q = w + T.HeaderBytes + 256 * (i % Groups) + 4 * row;
                    byte* a = tile + (long)i * Int16Activations.BlockBytes;
                    short* x = (short*)a + 32 * t;
                    float scale = ((float*)(a + Int16Activations.ScaleOffset))[t];
                    if (T.Sixteens)
                    {
                        c = MathF.FusedMultiplyAdd(ReferenceSum(q, x, 8), T.Scale1(w, i % Groups * 2, row) * scale, c);
                        c = MathF.FusedMultiplyAdd(ReferenceSum(q + 128, x + 16, 8), T.Scale1(w, i % Groups * 2 + 1, row) * scale, c);
                    }
                    else
                    {
                        c = MathF.FusedMultiplyAdd(ReferenceSum(q, x, 16), T.Scale1(w, i % Groups, row) * scale, c);
                    }
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }

    // `count` low nibbles, then as many high ones.
    private static int ReferenceSum(byte* q, short* x, int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            // Of four activations the first and third come first.
            int place = i / 4 * 4 + i % 2 * 2 + i % 4 / 2;
            int both = q[64 * (i / 4) + i % 4];
            sum += T.Values[both & 15] * x[place] + T.Values[both >> 4] * x[count + place];
        }
        return sum;
    }
}
