using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>1 / (1 + e^-x).</summary>
internal readonly struct Sigmoid : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x) => Vector256.Create(1f) / (Vector256.Create(1f) + Exp.Compute(-x));
}
