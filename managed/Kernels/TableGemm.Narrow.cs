using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

// 256-bit: 8 rows at a time, the halves of a packed group one after the other.
internal readonly unsafe partial struct TableGemm<T>
{
    public static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow(weights, blocks, tile, tokens, output);

    /// <summary>256-bit.</summary>
    public static void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        for (int half = 0; half < 2; half++)
        {
            if (tokens == 1)
            {
                Narrow1(weights, blocks, tile, scales, half, output + 8 * half);
                continue;
            }
            Narrow4(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Narrow4(weights, blocks, tile + 4 * 64, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    private static void Narrow4(byte* w, int blocks, byte* a, float* s, int half, float* output)
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

    private static void Narrow1(byte* w, int blocks, byte* a, float* s, int half, float* output)
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
}
