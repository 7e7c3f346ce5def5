using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>max(x, 0)². (So et al., 2021)</summary>
internal readonly struct ReluSquared : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> positive = Vector256.Max(x, Vector256<float>.Zero);
        return positive * positive;
    }
}
