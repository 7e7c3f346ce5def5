using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>
/// A token's weight: e^x for its distance x from the best, which is never above 0. The bits of <see cref="Exp"/> with fewer instructions:
/// nothing is above its upper bound, and what is below the lower one becomes 0 whatever came before.
/// </summary>
internal static class Weight
{
    /// <summary>The coefficients of r^7 to r^3.</summary>
    public const float C7 = 1f / 5040, C6 = 1f / 720, C5 = 1f / 120, C4 = 1f / 24, C3 = 1f / 6;

    private const float Log2E = 1.442695041f;

    // ln 2 in two parts: n · Ln2High is exact for |n| < 2^10.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // 1.5 · 2^23: adding it rounds to an integer that stands in the low mantissa bits, above which its own are 0 as far as they are shifted.
    private const float Magic = 12582912f;

    // Where e^x leaves the normal range.
    private const float Least = -87;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Compute(Vector512<float> x)
    {
        Vector512<float> shifted = Shifted(x);
        Vector512<float> r = Rest(x, shifted);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(C7), r, Vector512.Create(C6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C5));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C4));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C3));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
        return AddTo(Vector512<float>.Zero, x, shifted, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> magic = Vector256.Create(Magic);
        Vector256<float> shifted = Vector256.FusedMultiplyAdd(x, Vector256.Create(Log2E), magic);
        Vector256<float> n = shifted - magic;
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), r);
        Vector256<float> p = Vector256.FusedMultiplyAdd(Vector256.Create(C7), r, Vector256.Create(C6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C5));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C4));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C3));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f));
        Vector256<float> y = (p.AsInt32() + Vector256.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();
        return Vector256.AndNot(y, Vector256.LessThan(x, Vector256.Create(Least)));
    }

    /// <summary>One number, the same bits.</summary>
    public static float Compute(float x) => Compute(Vector256.CreateScalar(x)).ToScalar();

    /// <summary>n = round(x / ln 2), in the low bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Shifted(Vector512<float> x) => Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(Magic));

    /// <summary>r = x - n · ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Rest(Vector512<float> x, Vector512<float> shifted)
    {
        Vector512<float> n = shifted - Vector512.Create(Magic);
        return Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x));
    }

    /// <summary>sum + 2^n · p where x has a weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddTo(Vector512<float> sum, Vector512<float> x, Vector512<float> shifted, Vector512<float> p)
    {
        Vector512<float> y = (p.AsInt32() + Vector512.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x, Vector512.Create(Least)), sum + y, sum);
    }
}
