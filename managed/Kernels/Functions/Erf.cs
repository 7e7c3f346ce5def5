using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>The error function: 1 - t·e^(-x² + p(t)), t = 1/(1 + |x|/2), p the Chebyshev fit of Press et al., Numerical Recipes, section 6.2; its error is
/// below 1.2e-7.</summary>
internal readonly struct Erf : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> z = Vector256.Abs(x), one = Vector256.Create(1f);
        Vector256<float> t = one / Vector256.FusedMultiplyAdd(z, Vector256.Create(0.5f), one);
        Vector256<float> p = Vector256.FusedMultiplyAdd(t, Vector256.Create(0.17087277f), Vector256.Create(-0.82215223f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(1.48851587f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-1.13520398f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(0.27886807f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-0.18628806f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(0.09678418f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(0.37409196f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(1.00002368f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-1.26551223f));
        Vector256<float> erf = one - t * Exp.Compute(Vector256.FusedMultiplyAdd(-z, z, p));
        return erf | (x & Vector256.Create(-0f));
    }
}
