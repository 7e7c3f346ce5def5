using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>
/// A token's weight: e^x for its distance x from the best, which is never above 0. The bits of <see cref="Exp"/> with fewer instructions:
/// nothing is above its upper bound, and what is below the lower one becomes 0 whatever came before.
/// </summary>
internal static class TokenWeight
{
    /// <summary>Where e^x leaves the normal range: what is below it weighs nothing.</summary>
    public const float Least = -87;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Compute(Vector512<float> x)
    {
        Vector512<float> shifted = Exp.Shifted(x);
        return AddTo(Vector512<float>.Zero, x, shifted, Exp.Series(Exp.Rest(x, shifted)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> shifted = Exp.Shifted(x), p = Exp.Series(Exp.Rest(x, shifted));
        Vector256<float> y = (p.AsInt32() + Vector256.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();
        return Vector256.AndNot(y, Vector256.LessThan(x, Vector256.Create(Least)));
    }

    /// <summary>sum + 2^n · p where x has a weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddTo(Vector512<float> sum, Vector512<float> x, Vector512<float> shifted, Vector512<float> p)
    {
        Vector512<float> y = (p.AsInt32() + Vector512.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x, Vector512.Create(Least)), sum + y, sum);
    }
}
