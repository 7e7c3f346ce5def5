using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>GELU by a hyperbolic tangent: x/2 · (1 + tanh(sqrt(2/π) · (x + 0.044715·x³))). (Hendrycks and Gimpel, 2016)</summary>
internal readonly struct GeluTanh : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> inner = Vector256.Create(0.7978845608f) * x * Vector256.FusedMultiplyAdd(Vector256.Create(0.044715f) * x, x, Vector256.Create(1f));
        return Vector256.Create(0.5f) * x * (Vector256.Create(1f) + Tanh.Compute(inner));
    }
}
