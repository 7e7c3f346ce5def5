using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>The 256-bit form with vpdpbusd: the sum of a group's products comes in 32 bits, and one 32-bit product with its scale follows.</summary>
internal readonly unsafe partial struct GroupGemm<T>
{
    /// <summary>256-bit, where <see cref="Lanes.Vnni"/>.</summary>
    internal static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (tokens == 1)
        {
            Narrow(weights, blocks, tile, tokens, output);
            return;
        }
        for (int half = 0; half < 2; half++)
        {
            Vnni4(weights, blocks, tile, 0, half, output + 8 * half);
            if (tokens > 4)
                Vnni4(weights, blocks, tile, 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    // Four tokens from `token` on.
    private static void Vnni4(byte* w, int blocks, byte* tile, int token, int half, float* output)
    {
        for (int t = 0; t < 4; t++)
            Vector256<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector256<int> i0 = default, i1 = default, i2 = default, i3 = default;
            int* sums = (int*)(tile + SuperblockActivations.Sum16Offset) + 8 * token;
            Vector256<int> m0 = default, m1 = default, m2 = default, m3 = default;
            for (int k = 0; k < 4; k++, sums += 2)
            {
                Minimums(w, half, k, out var first, out var second);
                m0 = AddMinimums(m0, sums, first, second);
                m1 = AddMinimums(m1, sums + 8, first, second);
                m2 = AddMinimums(m2, sums + 16, first, second);
                m3 = AddMinimums(m3, sums + 24, first, second);
            }
            if (!T.HasMinimums)
            {
                i0 -= m0;
                i1 -= m1;
                i2 -= m2;
                i3 -= m3;
            }
            for (int part = 0; part < 4; part++)
            {
                if (half == 0)
                    Prefetch.Lines(w + BlockBytes / 4 * part, QuarterLines);
                byte* a = tile + 256 * token + 128 * (part / 2) + 16 * (part % 2);
                for (int j = 0; j < 4; j++, a += 32)
                {
                    Load(w, half, part, j, out var scales, out var v0, out var v1, out var v2, out var v3);
                    Vector256<int> scale = Vector256.ShiftRightArithmetic(scales.AsInt32(), 16);
                    i0 += scale * Dot(a, v0, v1, v2, v3);
                    i1 += scale * Dot(a + 256, v0, v1, v2, v3);
                    i2 += scale * Dot(a + 512, v0, v1, v2, v3);
                    i3 += scale * Dot(a + 768, v0, v1, v2, v3);
                }
            }
            Vector256<float> d = T.Scale(w, half), dmin = T.HasMinimums ? T.MinimumScale(w, half) : default;
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset) + token;
            Finish(output, i0, m0, s, d, dmin);
            Finish(output + 16, i1, m1, s + 1, d, dmin);
            Finish(output + 32, i2, m2, s + 2, d, dmin);
            Finish(output + 48, i3, m3, s + 3, d, dmin);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(byte* a, Vector256<byte> v0, Vector256<byte> v1, Vector256<byte> v2, Vector256<byte> v3)
    {
        Vector256<int> sum = AvxVnni.MultiplyWideningAndAdd(Vector256<int>.Zero, v0, Vector256.Create(*(int*)a).AsSByte());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v1, Vector256.Create(*(int*)(a + 4)).AsSByte());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v2, Vector256.Create(*(int*)(a + 8)).AsSByte());
        return AvxVnni.MultiplyWideningAndAdd(sum, v3, Vector256.Create(*(int*)(a + 12)).AsSByte());
    }
}
