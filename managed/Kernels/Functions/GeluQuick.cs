using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>GELU by a sigmoid: x / (1 + e^(-1.702·x)). (Hendrycks and Gimpel, 2016)</summary>
internal readonly struct GeluQuick : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x) => x / (Vector256.Create(1f) + Exp.Compute(Vector256.Create(-1.702f) * x));
}
