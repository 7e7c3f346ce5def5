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
    private const float Log2E = 1.442695041f;

    // ln 2 in two parts: n · Ln2High is exact for |n| < 2^10.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // 1.5 · 2^23: adding it rounds to an integer that stands in the low mantissa bits.
    private const float Magic = 12582912f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> limited = Vector256.Min(Vector256.Max(x, Vector256.Create(-87f)), Vector256.Create(88f));
        Vector256<float> shifted = Vector256.FusedMultiplyAdd(limited, Vector256.Create(Log2E), Vector256.Create(Magic));
        Vector256<float> n = shifted - Vector256.Create(Magic);
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), limited);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), r);
        Vector256<float> p = Vector256.Create(1f / 5040);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 720));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 120));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 24));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f));
        Vector256<float> y = (p.AsInt32() + Vector256.ShiftLeft(shifted.AsInt32() - Vector256.Create(Magic).AsInt32(), 23)).AsSingle();
        return Vector256.AndNot(y, Vector256.LessThan(x, Vector256.Create(-87f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Compute(Vector512<float> x)
    {
        Vector512<float> limited = Vector512.Min(Vector512.Max(x, Vector512.Create(-87f)), Vector512.Create(88f));
        Vector512<float> shifted = Vector512.FusedMultiplyAdd(limited, Vector512.Create(Log2E), Vector512.Create(Magic));
        Vector512<float> n = shifted - Vector512.Create(Magic);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), limited);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> p = Vector512.Create(1f / 5040);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 720));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 120));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 24));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
        Vector512<float> y = (p.AsInt32() + Vector512.ShiftLeft(shifted.AsInt32() - Vector512.Create(Magic).AsInt32(), 23)).AsSingle();
        return Vector512.AndNot(y, Vector512.LessThan(x, Vector512.Create(-87f)));
    }

    /// <summary>One number, the same bits.</summary>
    public static float Compute(float x) => Compute(Vector256.CreateScalar(x)).ToScalar();
}
