using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

// On ARM: four rows and two tokens at a time.
internal readonly unsafe partial struct DigitGemm<T>
{
    /// <summary>128-bit, ARM.</summary>
    public static void Neon(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        for (int rows = 0; rows < Lanes.Rows; rows += 4)
        {
            for (int t = 0; t < tokens; t += 2)
                Multiply2(weights, blocks, tile + 64 * t, scales + t, rows, output + Lanes.Rows * t + rows);
        }
    }

    private static void Multiply2(byte* w, int blocks, byte* a, float* s, int rows, float* output)
    {
        Vector128<float> c0 = default, c1 = default;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            Vector256<float> eight = Halves.Load(w, rows / 8);
            Vector128<float> d = rows % 8 == 0 ? eight.GetLower() : eight.GetUpper();
            for (int k = 0; k < BlockElements; k += 32, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                Vector128<int> low0 = default, high0 = default, low1 = default, high1 = default;
                for (int i = 0; i < 32; i += 4)
                {
                    Load(w + 4 * rows, k + i, out Vector128<short> even, out Vector128<short> odd);
                    Add(ref low0, ref high0, a + 2 * i, even, odd);
                    Add(ref low1, ref high1, a + 64 + 2 * i, even, odd);
                }
                Vector128<int> sum0 = AdvSimd.Arm64.AddPairwise(low0, high0) + Vector128.Create(Int16Activations.Bias(s));
                Vector128<int> sum1 = AdvSimd.Arm64.AddPairwise(low1, high1) + Vector128.Create(Int16Activations.Bias(s + 1));
                c0 = AdvSimd.FusedMultiplyAdd(c0, AdvSimd.ConvertToSingle(sum0), d * Vector128.Create(s[0]));
                c1 = AdvSimd.FusedMultiplyAdd(c1, AdvSimd.ConvertToSingle(sum1), d * Vector128.Create(s[1]));
            }
        }
        c0.Store(output);
        c1.Store(output + Lanes.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Vector128<int> low, ref Vector128<int> high, byte* a, Vector128<short> even, Vector128<short> odd)
    {
        Vector128<short> x = Vector128.Create(*(int*)a).AsInt16(), y = Vector128.Create(*(int*)(a + 4)).AsInt16();
        low = AdvSimd.MultiplyWideningLowerAndAdd(low, even.GetLower(), x.GetLower());
        high = AdvSimd.MultiplyWideningUpperAndAdd(high, even, x);
        low = AdvSimd.MultiplyWideningLowerAndAdd(low, odd.GetLower(), y.GetLower());
        high = AdvSimd.MultiplyWideningUpperAndAdd(high, odd, y);
    }

    // Weights k to k + 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int k, out Vector128<short> even, out Vector128<short> odd)
    {
        int half = k / 16, i = k % 16 / 4, digit = T.Digit(half);
        bool one = T.OneWord(half);
        Vector128<ushort> number = Vector128.Load((ushort*)(w + HeaderBytes + WordBytes * (T.Word(half) + (one ? 0 : i))));
        if (T.Base == 3)
        {
            Vector128<ushort> power = Vector128.Create(PowerOf3(digit + (one ? i : 0))), low = Vector128.Create((ushort)255);
            even = Vector128.ShiftRightLogical(((number & low) * power & low) * 3, 8).AsInt16();
            odd = Vector128.ShiftRightLogical((Vector128.ShiftRightLogical(number, 8) * power & low) * 3, 8).AsInt16();
            return;
        }
        Vector128<ushort> mask = Vector128.Create((ushort)(T.Base - 1));
        even = (Vector128.ShiftRightLogical(number, Bits * digit) & mask).AsInt16();
        odd = (Vector128.ShiftRightLogical(number, Bits * digit + 8) & mask).AsInt16();
        if (T.Base == 2)
        {
            even += even;
            odd += odd;
        }
    }
}
