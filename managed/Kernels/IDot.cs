using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

/// <summary>How an ARM processor adds up products of signed bytes: what its kernels are generic over.</summary>
internal interface IDot
{
    /// <summary>sum[lane] + sum over i = 0 to 3 of weights[4·lane + i] · activations[4·which + i]; exact.</summary>
    static abstract Vector128<int> Add(Vector128<int> sum, Vector128<sbyte> weights, Vector128<sbyte> activations, [ConstantExpected(Max = (byte)3)] byte which);
}

/// <summary>With the dot-product instructions of ARMv8.2 and later (sdot): one instruction.</summary>
internal readonly struct DotProducts : IDot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sum, Vector128<sbyte> weights, Vector128<sbyte> activations, [ConstantExpected(Max = (byte)3)] byte which) =>
        Dp.DotProductBySelectedQuadruplet(sum, weights, activations, which);
}

/// <summary>With what every 64-bit ARM processor has: products in 16 bits, which only fit there one by one (-128 · -128 = 2^14).</summary>
internal readonly struct WideningProducts : IDot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sum, Vector128<sbyte> weights, Vector128<sbyte> activations, [ConstantExpected(Max = (byte)3)] byte which)
    {
        Vector128<sbyte> four = AdvSimd.DuplicateSelectedScalarToVector128(activations.AsInt32(), which).AsSByte();
        Vector128<int> low = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningLower(weights.GetLower(), four.GetLower()));
        Vector128<int> high = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningUpper(weights, four));
        return sum + AdvSimd.Arm64.AddPairwise(low, high);
    }
}
