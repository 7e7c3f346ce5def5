using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

/// <summary>The 256-bit form with vpdpwssd, which adds two products of 16-bit numbers in 32 bits.</summary>
internal readonly unsafe partial struct ByteGemm<T>
{
    /// <summary>256-bit, where <see cref="Lanes.Vnni"/>.</summary>
    internal static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (tokens == 1)
        {
            Narrow(weights, blocks, tile, tokens, output);
            return;
        }
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        for (int half = 0; half < 2; half++)
        {
            Vnni4(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Vnni4(weights, blocks, tile + 4 * 64, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    private static void Vnni4(byte* w, int blocks, byte* a, float* s, int half, float* output)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            if (half == 0)
                Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int j = 0; j < 8; j += 2)
            {
                Load(w, half, j, out var e0, out var o0, out var e1, out var o1);
                byte* p = a + 8 * j;
                s0 = Dot(s0, p, e0, o0, e1, o1);
                s1 = Dot(s1, p + 64, e0, o0, e1, o1);
                s2 = Dot(s2, p + 128, e0, o0, e1, o1);
                s3 = Dot(s3, p + 192, e0, o0, e1, o1);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, byte* a, Vector256<short> e0, Vector256<short> o0, Vector256<short> e1, Vector256<short> o1)
    {
        sum = AvxVnni.MultiplyWideningAndAdd(sum, e0, Vector256.Create(*(int*)a).AsInt16());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, o0, Vector256.Create(*(int*)(a + 4)).AsInt16());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, e1, Vector256.Create(*(int*)(a + 8)).AsInt16());
        return AvxVnni.MultiplyWideningAndAdd(sum, o1, Vector256.Create(*(int*)(a + 12)).AsInt16());
    }
}
