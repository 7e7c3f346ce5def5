using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

// On ARM: 8 rows at a time, as two vectors (c: the first four, d: the last).
internal readonly unsafe partial struct SingleGemm<T>
{
    /// <summary>128-bit, ARM.</summary>
    public static void Neon(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* a = (float*)tile;
        for (int half = 0; half < 2; half++)
        {
            if (tokens > 4)
                Multiply8Neon(weights, blocks, a, half, output + 8 * half);
            else if (tokens > 1)
                Multiply4Neon(weights, blocks, a, half, output + 8 * half);
        }
        if (tokens == 1)
            Multiply1Neon(weights, blocks, a, output);
    }

    private static void Multiply8Neon(byte* w, int columns, float* a, int half, float* output)
    {
        Vector128<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        Vector128<float> d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default, d6 = default, d7 = default;
        for (; columns > 0; columns--, w += BlockBytes, a += Lanes.Tokens)
        {
            Vector256<float> both = T.Load(w, half);
            Vector128<float> v = both.GetLower(), u = both.GetUpper(), x = Vector128.Load(a), y = Vector128.Load(a + 4);
            c0 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c0, v, x, 0);
            c1 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c1, v, x, 1);
            c2 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c2, v, x, 2);
            c3 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c3, v, x, 3);
            c4 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c4, v, y, 0);
            c5 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c5, v, y, 1);
            c6 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c6, v, y, 2);
            c7 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c7, v, y, 3);
            d0 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d0, u, x, 0);
            d1 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d1, u, x, 1);
            d2 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d2, u, x, 2);
            d3 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d3, u, x, 3);
            d4 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d4, u, y, 0);
            d5 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d5, u, y, 1);
            d6 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d6, u, y, 2);
            d7 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d7, u, y, 3);
        }
        c0.Store(output);
        d0.Store(output + 4);
        c1.Store(output + 16);
        d1.Store(output + 20);
        c2.Store(output + 32);
        d2.Store(output + 36);
        c3.Store(output + 48);
        d3.Store(output + 52);
        c4.Store(output + 64);
        d4.Store(output + 68);
        c5.Store(output + 80);
        d5.Store(output + 84);
        c6.Store(output + 96);
        d6.Store(output + 100);
        c7.Store(output + 112);
        d7.Store(output + 116);
    }

    private static void Multiply4Neon(byte* w, int columns, float* a, int half, float* output)
    {
        Vector128<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        for (; columns > 0; columns--, w += BlockBytes, a += Lanes.Tokens)
        {
            Vector256<float> both = T.Load(w, half);
            Vector128<float> v = both.GetLower(), u = both.GetUpper(), x = Vector128.Load(a);
            c0 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c0, v, x, 0);
            c1 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c1, v, x, 1);
            c2 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c2, v, x, 2);
            c3 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c3, v, x, 3);
            d0 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d0, u, x, 0);
            d1 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d1, u, x, 1);
            d2 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d2, u, x, 2);
            d3 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(d3, u, x, 3);
        }
        c0.Store(output);
        d0.Store(output + 4);
        c1.Store(output + 16);
        d1.Store(output + 20);
        c2.Store(output + 32);
        d2.Store(output + 36);
        c3.Store(output + 48);
        d3.Store(output + 52);
    }

    private static void Multiply1Neon(byte* w, int columns, float* a, float* output)
    {
        Vector128<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; columns > 0; columns--, w += BlockBytes, a += Lanes.Tokens)
        {
            Vector128<float> x = Vector128.Create(*a);
            Vector256<float> first = T.Load(w, 0), second = T.Load(w, 1);
            c0 = AdvSimd.FusedMultiplyAdd(c0, first.GetLower(), x);
            c1 = AdvSimd.FusedMultiplyAdd(c1, first.GetUpper(), x);
            c2 = AdvSimd.FusedMultiplyAdd(c2, second.GetLower(), x);
            c3 = AdvSimd.FusedMultiplyAdd(c3, second.GetUpper(), x);
        }
        c0.Store(output);
        c1.Store(output + 4);
        c2.Store(output + 8);
        c3.Store(output + 12);
    }
}
