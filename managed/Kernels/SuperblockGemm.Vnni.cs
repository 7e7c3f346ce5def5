using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>The 256-bit form with vpdpbusd: the sum of a sub-block's products comes in 32 bits, and one 32-bit product with its scale follows.</summary>
internal readonly unsafe partial struct SuperblockGemm<T>
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
        w += 32 * half;
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector256<int> i0 = default, i1 = default, i2 = default, i3 = default;
            byte* a = tile + 256 * token;
            for (int j = 0; j < 8; j++, a += 32)
            {
                if (half == 0)
                    Prefetch.Lines(w + BlockBytes / 8 * j, EighthLines);
                Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
                for (int i = 0; i < 8; i += 4)
                {
                    Load(w, j, i, out var v0, out var v1, out var v2, out var v3);
                    byte* p = a + 4 * i;
                    s0 = Dot(s0, p, v0, v1, v2, v3);
                    s1 = Dot(s1, p + 256, v0, v1, v2, v3);
                    s2 = Dot(s2, p + 512, v0, v1, v2, v3);
                    s3 = Dot(s3, p + 768, v0, v1, v2, v3);
                }
                // The same in both halves of a lane; the lower one, without sign, is the scale.
                Vector256<int> scale = Scale(w, j).AsInt32() & Vector256.Create(0x3f);
                i0 += s0 * scale;
                i1 += s1 * scale;
                i2 += s2 * scale;
                i3 += s3 * scale;
            }
            Minimums(w, out Vector256<short> m0, out Vector256<short> m1, out Vector256<short> m2, out Vector256<short> m3);
            Vector256<float> d = Halves.LoadFirst(w, 0), dmin = Halves.LoadSecond(w, 0);
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset) + token;
            int* sums = (int*)(tile + SuperblockActivations.Sum32Offset) + 4 * token;
            Finish(output, i0, s, sums, d, dmin, m0, m1, m2, m3);
            Finish(output + 16, i1, s + 1, sums + 4, d, dmin, m0, m1, m2, m3);
            Finish(output + 32, i2, s + 2, sums + 8, d, dmin, m0, m1, m2, m3);
            Finish(output + 48, i3, s + 3, sums + 12, d, dmin, m0, m1, m2, m3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, byte* a, Vector256<byte> v0, Vector256<byte> v1, Vector256<byte> v2, Vector256<byte> v3)
    {
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v0, Vector256.Create(*(int*)a).AsSByte());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v1, Vector256.Create(*(int*)(a + 4)).AsSByte());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v2, Vector256.Create(*(int*)(a + 8)).AsSByte());
        return AvxVnni.MultiplyWideningAndAdd(sum, v3, Vector256.Create(*(int*)(a + 12)).AsSByte());
    }
}
