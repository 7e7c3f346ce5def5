using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>The hyperbolic tangent: of small numbers by its Taylor series, whose first term left out is below 3e-8 of the result; else 1 - 2/(e^2|x| + 1).</summary>
internal readonly struct Tanh : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> magnitude = Vector256.Abs(x), square = x * x;
        Vector256<float> series = Vector256.FusedMultiplyAdd(square, Vector256.Create(-1382f / 155925), Vector256.Create(62f / 2835));
        series = Vector256.FusedMultiplyAdd(series, square, Vector256.Create(-17f / 315));
        series = Vector256.FusedMultiplyAdd(series, square, Vector256.Create(2f / 15));
        series = Vector256.FusedMultiplyAdd(series, square, Vector256.Create(-1f / 3));
        series = Vector256.FusedMultiplyAdd(series * square, x, x);
        Vector256<float> one = Vector256.Create(1f);
        Vector256<float> large = one - Vector256.Create(2f) / (Exp.Compute(magnitude + magnitude) + one);
        large |= x & Vector256.Create(-0f);
        return Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(0.3f)), series, large);
    }
}
