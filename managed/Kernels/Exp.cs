using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>
/// e^x = 2^n · e^r with n = round(x / ln 2) and |r| at most ln 2 / 2, where the Taylor series up to r^7 errs by less than 6e-9.
/// The same operations in the same order at every width, so that a result doesn't depend on the processor.
/// Below -87 (where e^x leaves the normal range) the result is 0; above 88 it is e^88.
/// </summary>
internal static class Exp
{
    /// <summary>1 / ln 2.</summary>
    public const float Log2E = 1.442695041f;

    // ln 2 in two parts: n · Ln2High is exact for |n| < 2^10.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>1.5 · 2^23: adding it rounds to an integer that stands in the low mantissa bits.</summary>
    public const float Magic = 12582912f;

    /// <summary>The coefficients of r^7 to r^3; those of r^2 to r^0 are 1/2, 1, 1.</summary>
    public const float C7 = 1f / 5040, C6 = 1f / 720, C5 = 1f / 120, C4 = 1f / 24, C3 = 1f / 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> limited = Vector256.Min(Vector256.Max(x, Vector256.Create(-87f)), Vector256.Create(88f));
        Vector256<float> shifted = Shifted(limited);
        Vector256<float> p = Series(Rest(limited, shifted));
        Vector256<float> y = (p.AsInt32() + Vector256.ShiftLeft(shifted.AsInt32() - Vector256.Create(Magic).AsInt32(), 23)).AsSingle();
        return Vector256.AndNot(y, Vector256.LessThan(x, Vector256.Create(-87f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Compute(Vector512<float> x)
    {
        Vector512<float> limited = Vector512.Min(Vector512.Max(x, Vector512.Create(-87f)), Vector512.Create(88f));
        Vector512<float> shifted = Shifted(limited);
        Vector512<float> p = Series(Rest(limited, shifted));
        Vector512<float> y = (p.AsInt32() + Vector512.ShiftLeft(shifted.AsInt32() - Vector512.Create(Magic).AsInt32(), 23)).AsSingle();
        return Vector512.AndNot(y, Vector512.LessThan(x, Vector512.Create(-87f)));
    }

    /// <summary>One number, the same bits.</summary>
    public static float Compute(float x) => Compute(Vector256.CreateScalar(x)).ToScalar();

    /// <summary>n = round(x / ln 2), in the low bits: those above are 0 as far as a shift to the exponent leaves them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Shifted(Vector256<float> x) => Vector256.FusedMultiplyAdd(x, Vector256.Create(Log2E), Vector256.Create(Magic));

    /// <summary>r = x - n · ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Rest(Vector256<float> x, Vector256<float> shifted)
    {
        Vector256<float> n = shifted - Vector256.Create(Magic);
        return Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), x));
    }

    /// <summary>e^r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Series(Vector256<float> r)
    {
        Vector256<float> p = Vector256.FusedMultiplyAdd(Vector256.Create(C7), r, Vector256.Create(C6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C5));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C4));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C3));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f));
        return Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f));
    }

    /// <inheritdoc cref="Shifted(Vector256{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Shifted(Vector512<float> x) => Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(Magic));

    /// <inheritdoc cref="Rest(Vector256{float}, Vector256{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Rest(Vector512<float> x, Vector512<float> shifted)
    {
        Vector512<float> n = shifted - Vector512.Create(Magic);
        return Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x));
    }

    /// <inheritdoc cref="Series(Vector256{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Series(Vector512<float> r)
    {
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(C7), r, Vector512.Create(C6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C5));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C4));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C3));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
        return Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
    }
}
