using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>The 256-bit form with vpdpbusd, which adds four products of bytes in 32 bits.</summary>
internal readonly unsafe partial struct NibbleGemm<T>
{
    /// <summary>256-bit, where <see cref="Lanes.Vnni"/>.</summary>
    internal static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (tokens == 1)
        {
            Narrow(weights, blocks, tile, tokens, output);
            return;
        }
        float* scales = (float*)(tile + Int8Activations.ScaleOffset);
        for (int half = 0; half < 2; half++)
        {
            Vnni4(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Vnni4(weights, blocks, tile + 4 * 32, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    private static void Vnni4(byte* w, int blocks, byte* a, float* s, int half, float* output)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            if (half == 0)
                Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int j = 0; j < 4; j++)
            {
                Load(w, half, j, out var l, out var h);
                byte* p = a + 4 * j;
                s0 = Dot(Dot(s0, l, p), h, p + 16);
                s1 = Dot(Dot(s1, l, p + 32), h, p + 48);
                s2 = Dot(Dot(s2, l, p + 64), h, p + 80);
                s3 = Dot(Dot(s3, l, p + 96), h, p + 112);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> weights, byte* activations) =>
        AvxVnni.MultiplyWideningAndAdd(sum, weights, Vector256.Create(*(int*)activations).AsSByte());
}
