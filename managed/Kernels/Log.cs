using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>
/// ln x = e · ln 2 + ln(1 + f), where x = 2^e · (1 + f) and 1 + f lies between sqrt(1/2) and sqrt(2). In single precision ln(1 + f) is f - f²/2 and f³
/// times a polynomial; in double precision it is twice the series of atanh s with s = f / (2 + f). The same operations in the same order at every width,
/// so that a result doesn't depend on the processor or a C library. Of 0 it is minus infinity, of less it is no number.
/// </summary>
internal static class Log
{
    // (ln(1 + f) - f + f²/2) / f³ at nine Chebyshev nodes of the range of f; its error moves the result by less than 4e-9 of it.
    private const float C0 = 0.333333313f, C1 = -0.24999997f, C2 = 0.200007156f, C3 = -0.166678026f, C4 = 0.142490581f;
    private const float C5 = -0.124256872f, C6 = 0.116854198f, C7 = -0.114797339f, C8 = 0.0697161108f;

    // ln 2 in two parts: e · Ln2High is exact.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    private const double DoubleLn2High = 0.693147180369123816490, DoubleLn2Low = 1.90821492927058770002e-10;

    private const int SqrtHalf = 0x3F3504F3;
    private const float SmallestNormal = 1.17549435e-38f, TwoTo23 = 8388608f;

    // What takes the bits of sqrt(1/2) to those of 1, and 2^52 + 1023, which takes a biased exponent in the mantissa of 2^52 to a number.
    private const long ToOne = 0x3FF0000000000000 - 0x3FE6A09E667F3BCD;
    private const long ExponentMagic = 0x4330000000000000;
    private const double ExponentBias = 4503599627370496.0 + 1023;

    /// <summary>Of single-precision numbers, within one unit in the last place.</summary>
    public static Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> isSmall = Vector256.LessThan(x, Vector256.Create(SmallestNormal));
        Vector256<int> bits = Vector256.ConditionalSelect(isSmall, x * TwoTo23, x).AsInt32();
        Vector256<int> exponent = Vector256.ShiftRightArithmetic(bits - Vector256.Create(SqrtHalf), 23);
        Vector256<float> f = (bits - Vector256.ShiftLeft(exponent, 23)).AsSingle() - Vector256<float>.One;
        Vector256<float> e = Vector256.ConvertToSingle(exponent) - (isSmall & Vector256.Create(23f));
        Vector256<float> p = Vector256.FusedMultiplyAdd(Vector256.Create(C8), f, Vector256.Create(C7));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(C6));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(C5));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(C4));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(C3));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(C2));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(C1));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(C0));
        Vector256<float> square = f * f;
        Vector256<float> y = Vector256.FusedMultiplyAdd(e, Vector256.Create(Ln2Low), p * (square * f));
        y = Vector256.FusedMultiplyAdd(e, Vector256.Create(Ln2High), f + Vector256.FusedMultiplyAdd(square, Vector256.Create(-0.5f), y));
        y = Vector256.ConditionalSelect(Vector256.Equals(x, Vector256.Create(float.PositiveInfinity)), x, y);
        y = Vector256.ConditionalSelect(Vector256.Equals(x, Vector256<float>.Zero), Vector256.Create(float.NegativeInfinity), y);
        return Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(x, Vector256<float>.Zero), y, Vector256.Create(float.NaN));
    }

    /// <inheritdoc cref="Compute(Vector256{float})"/>
    public static Vector512<float> Compute(Vector512<float> x)
    {
        Vector512<float> isSmall = Vector512.LessThan(x, Vector512.Create(SmallestNormal));
        Vector512<int> bits = Vector512.ConditionalSelect(isSmall, x * TwoTo23, x).AsInt32();
        Vector512<int> exponent = Vector512.ShiftRightArithmetic(bits - Vector512.Create(SqrtHalf), 23);
        Vector512<float> f = (bits - Vector512.ShiftLeft(exponent, 23)).AsSingle() - Vector512<float>.One;
        Vector512<float> e = Vector512.ConvertToSingle(exponent) - (isSmall & Vector512.Create(23f));
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(C8), f, Vector512.Create(C7));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(C6));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(C5));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(C4));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(C3));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(C2));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(C1));
        p = Vector512.FusedMultiplyAdd(p, f, Vector512.Create(C0));
        Vector512<float> square = f * f;
        Vector512<float> y = Vector512.FusedMultiplyAdd(e, Vector512.Create(Ln2Low), p * (square * f));
        y = Vector512.FusedMultiplyAdd(e, Vector512.Create(Ln2High), f + Vector512.FusedMultiplyAdd(square, Vector512.Create(-0.5f), y));
        y = Vector512.ConditionalSelect(Vector512.Equals(x, Vector512.Create(float.PositiveInfinity)), x, y);
        y = Vector512.ConditionalSelect(Vector512.Equals(x, Vector512<float>.Zero), Vector512.Create(float.NegativeInfinity), y);
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x, Vector512<float>.Zero), y, Vector512.Create(float.NaN));
    }

    /// <summary>One number, the same bits.</summary>
    public static float Compute(float x) => Compute(Vector256.CreateScalar(x)).ToScalar();

    /// <summary>Of double-precision numbers above 0 that are normal, within two units in the last place.</summary>
    public static Vector256<double> Compute(Vector256<double> x)
    {
        Vector256<long> biased = Vector256.ShiftRightLogical(x.AsInt64() + Vector256.Create(ToOne), 52);
        Vector256<double> e = (biased | Vector256.Create(ExponentMagic)).AsDouble() - Vector256.Create(ExponentBias);
        Vector256<long> exponent = Vector256.ShiftLeft(biased - Vector256.Create(1023L), 52);
        Vector256<double> f = (x.AsInt64() - exponent).AsDouble() - Vector256<double>.One;
        Vector256<double> s = f / (f + Vector256.Create(2.0)), square = s * s;
        Vector256<double> p = Vector256.Create(2.0 / 21);
        for (int i = 19; i > 1; i -= 2)
            p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(2.0 / i));
        // 2s + s³ · p, of which the last bits count: f - s · f is 2s without its rounding.
        Vector256<double> y = f - s * (f - square * p);
        return Vector256.FusedMultiplyAdd(e, Vector256.Create(DoubleLn2High), Vector256.FusedMultiplyAdd(e, Vector256.Create(DoubleLn2Low), y));
    }

    /// <inheritdoc cref="Compute(Vector256{double})"/>
    public static Vector512<double> Compute(Vector512<double> x)
    {
        Vector512<long> biased = Vector512.ShiftRightLogical(x.AsInt64() + Vector512.Create(ToOne), 52);
        Vector512<double> e = (biased | Vector512.Create(ExponentMagic)).AsDouble() - Vector512.Create(ExponentBias);
        Vector512<long> exponent = Vector512.ShiftLeft(biased - Vector512.Create(1023L), 52);
        Vector512<double> f = (x.AsInt64() - exponent).AsDouble() - Vector512<double>.One;
        Vector512<double> s = f / (f + Vector512.Create(2.0)), square = s * s;
        Vector512<double> p = Vector512.Create(2.0 / 21);
        for (int i = 19; i > 1; i -= 2)
            p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(2.0 / i));
        Vector512<double> y = f - s * (f - square * p);
        return Vector512.FusedMultiplyAdd(e, Vector512.Create(DoubleLn2High), Vector512.FusedMultiplyAdd(e, Vector512.Create(DoubleLn2Low), y));
    }

    /// <summary>One number, the same bits.</summary>
    public static double Compute(double x) => Compute(Vector256.CreateScalar(x)).ToScalar();
}
