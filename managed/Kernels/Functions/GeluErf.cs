using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>GELU: x/2 · (1 + erf(x/sqrt(2))). (Hendrycks and Gimpel, 2016)</summary>
internal readonly struct GeluErf : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x) =>
        Vector256.Create(0.5f) * x * (Vector256.Create(1f) + Erf.Compute(x * Vector256.Create(0.70710678118f)));
}
