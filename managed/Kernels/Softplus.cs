namespace Realm.Kernels;

/// <summary>log(1 + e^x).</summary>
internal static class Softplus
{
    // Beyond it the result is x to the last bit.
    private const float Linear = 20f;

    /// <summary>One number: the logarithm of y = 1 + e^x by the series of atanh in double precision, over the exponent that brings y near 1.</summary>
    public static float Compute(float x)
    {
        if (x > Linear)
            return x;
        double e = Exp.Compute(x);
        // log(1 + e) = 2·atanh(e / (2 + e)); halving the argument's logarithm by powers of two keeps the series short.
        double y = 1 + e;
        int halvings = 0;
        while (y > 1.5)
        {
            y /= 2;
            halvings++;
        }
        double z = halvings == 0 ? e / (2 + e) : (y - 1) / (y + 1), square = z * z;
        double series = 1 + square * (1.0 / 3 + square * (1.0 / 5 + square * (1.0 / 7 + square * (1.0 / 9
            + square * (1.0 / 11 + square * (1.0 / 13 + square * (1.0 / 15)))))));
        return (float)(2 * z * series + halvings * 0.693147180559945309417);
    }
}
