using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>max(x, 0).</summary>
internal readonly struct Relu : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x) => Vector256.Max(x, Vector256<float>.Zero);
}
