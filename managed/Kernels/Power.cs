using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>
/// x^y = e^(y · ln x) of single-precision numbers, x at least 0 and both finite, in double precision: rounded once, it is the nearest number or, very seldom, the one
/// beside it. e^t = 2^n · e^r with n = round(t / ln 2), and the Taylor series up to r^9, which errs by less than 1e-11 of it. The same operations in the
/// same order at every width, so that a result doesn't depend on the processor or a C library. 0^0 is 1.
/// </summary>
internal static class Power
{
    // Beyond e^104 single precision ends, and 2^n is still far inside double precision.
    private const double Most = 150;

    private const double Log2E = 1.4426950408889634, Ln2High = 0.693147180369123816490, Ln2Low = 1.90821492927058770002e-10;

    /// <summary>1.5 · 2^52: adding it rounds to an integer that stands in the low mantissa bits.</summary>
    private const double Magic = 6755399441055744.0;

    public static Vector256<float> Compute(Vector256<float> x, Vector256<float> y)
    {
        (Vector256<double> xLow, Vector256<double> xHigh) = Vector256.Widen(x);
        (Vector256<double> yLow, Vector256<double> yHigh) = Vector256.Widen(y);
        return Vector256.Narrow(Compute(xLow, yLow), Compute(xHigh, yHigh));
    }

    public static Vector512<float> Compute(Vector512<float> x, Vector512<float> y)
    {
        (Vector512<double> xLow, Vector512<double> xHigh) = Vector512.Widen(x);
        (Vector512<double> yLow, Vector512<double> yHigh) = Vector512.Widen(y);
        return Vector512.Narrow(Compute(xLow, yLow), Compute(xHigh, yHigh));
    }

    /// <summary>One number, the same bits.</summary>
    public static float Compute(float x, float y) => Compute(Vector256.CreateScalar(x), Vector256.CreateScalar(y)).ToScalar();

    private static Vector256<double> Compute(Vector256<double> x, Vector256<double> y)
    {
        Vector256<double> t = Vector256.Min(Vector256.Max(y * Log.Compute(x), Vector256.Create(-Most)), Vector256.Create(Most));
        Vector256<double> shifted = Vector256.FusedMultiplyAdd(t, Vector256.Create(Log2E), Vector256.Create(Magic)), n = shifted - Vector256.Create(Magic);
        Vector256<double> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), t));
        Vector256<double> p = Vector256.Create(1.0 / 362880);
        double factorial = 362880;
        for (int i = 9; i > 0; i--)
        {
            factorial /= i;
            p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1 / factorial));
        }
        Vector256<double> power = (p.AsInt64() + Vector256.ShiftLeft(shifted.AsInt64(), 52)).AsDouble();
        Vector256<double> ofZero = Vector256.ConditionalSelect(
            Vector256.GreaterThan(y, Vector256<double>.Zero),
            Vector256<double>.Zero,
            Vector256.ConditionalSelect(Vector256.Equals(y, Vector256<double>.Zero), Vector256<double>.One, Vector256.Create(double.PositiveInfinity)));
        return Vector256.ConditionalSelect(Vector256.Equals(x, Vector256<double>.Zero), ofZero, power);
    }

    private static Vector512<double> Compute(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> t = Vector512.Min(Vector512.Max(y * Log.Compute(x), Vector512.Create(-Most)), Vector512.Create(Most));
        Vector512<double> shifted = Vector512.FusedMultiplyAdd(t, Vector512.Create(Log2E), Vector512.Create(Magic)), n = shifted - Vector512.Create(Magic);
        Vector512<double> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), t));
        Vector512<double> p = Vector512.Create(1.0 / 362880);
        double factorial = 362880;
        for (int i = 9; i > 0; i--)
        {
            factorial /= i;
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1 / factorial));
        }
        Vector512<double> power = (p.AsInt64() + Vector512.ShiftLeft(shifted.AsInt64(), 52)).AsDouble();
        Vector512<double> ofZero = Vector512.ConditionalSelect(
            Vector512.GreaterThan(y, Vector512<double>.Zero),
            Vector512<double>.Zero,
            Vector512.ConditionalSelect(Vector512.Equals(y, Vector512<double>.Zero), Vector512<double>.One, Vector512.Create(double.PositiveInfinity)));
        return Vector512.ConditionalSelect(Vector512.Equals(x, Vector512<double>.Zero), ofZero, power);
    }
}
