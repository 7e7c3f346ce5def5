using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

// 512-bit: 16 rows at a time.
internal readonly unsafe partial struct TableGemm<T>
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
}
