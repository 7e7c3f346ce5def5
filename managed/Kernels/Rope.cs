using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>Which elements of a head rotary position embedding turns together.</summary>
public enum RopePairing
{
    /// <summary>Neighbours: (2i, 2i+1), as in the original LLaMA.</summary>
    Neighbours,

    /// <summary>Halves: (i, i + n/2), as in GPT-NeoX.</summary>
    Halves,
}

/// <summary>
/// Rotary position embedding: each pair of elements (a, b) of a head turns by an angle: (a·cos - b·sin, a·sin + b·cos).
/// (Su et al., 2021)
/// </summary>
internal static unsafe class Rope
{
    /// <summary>Turns the first `dims` elements of one head. cos, sin: `dims`/2 values.</summary>
    public static void Apply(float* head, int dims, RopePairing pairing, float* cos, float* sin)
    {
        int half = dims / 2;
        if (pairing == RopePairing.Neighbours)
        {
            int i = 0;
            // (a, b, ...) · (cos, cos, ...) + (b, a, ...) · (-sin, sin, ...): the same products and sums. Pieces of 256 bits: what is read in pieces wider than
            // those just written waits for the memory.
            for (; i <= half - 4; i += 4)
            {
                Vector256<float> pairs = Vector256.Load(head + 2 * i), turned = Vector256.Shuffle(pairs, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
                Vector256<float> signed = Twice(Vector128.Load(sin + i)) ^ Vector256.Create(-0f, 0f, -0f, 0f, -0f, 0f, -0f, 0f);
                (pairs * Twice(Vector128.Load(cos + i)) + turned * signed).Store(head + 2 * i);
            }
            for (; i < half; i++)
            {
                float a = head[2 * i], b = head[2 * i + 1];
                head[2 * i] = a * cos[i] - b * sin[i];
                head[2 * i + 1] = a * sin[i] + b * cos[i];
            }
            return;
        }
        int j = 0;
        for (; j <= half - 8; j += 8)
        {
            Vector256<float> a = Vector256.Load(head + j), b = Vector256.Load(head + half + j);
            Vector256<float> c = Vector256.Load(cos + j), s = Vector256.Load(sin + j);
            (a * c - b * s).Store(head + j);
            (a * s + b * c).Store(head + half + j);
        }
        for (; j < half; j++)
        {
            float a = head[j], b = head[half + j];
            head[j] = a * cos[j] - b * sin[j];
            head[half + j] = a * sin[j] + b * cos[j];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Twice(Vector128<float> v) => Vector256.Create(Vector128.Shuffle(v, Vector128.Create(0, 0, 1, 1)), Vector128.Shuffle(v, Vector128.Create(2, 2, 3, 3)));

    /// <summary>Sine and cosine of an angle up to about 2^20 (a position), in double precision by our own series, so that the bits do not depend on
    /// the system's mathematics library. Its error, below 1e-9, is far under single precision's 6e-8.</summary>
    public static (float Cos, float Sin) CosSin(double angle)
    {
        // angle = q · pi/2 + r, |r| <= pi/4; pi/2 in two parts, so that the subtraction keeps its digits.
        double q = Math.Round(angle * 0.63661977236758134308);
        double r = angle - q * 1.57079632673412561417 - q * 6.07710050650619224932e-11;
        double r2 = r * r;
        // Taylor series; the first terms left out are r^15/15! and r^16/16!, below 3e-14.
        double sin = r * (1 + r2 * (-1.0 / 6 + r2 * (1.0 / 120 + r2 * (-1.0 / 5040 + r2 * (1.0 / 362880
            + r2 * (-1.0 / 39916800 + r2 * (1.0 / 6227020800)))))));
        double cos = 1 + r2 * (-0.5 + r2 * (1.0 / 24 + r2 * (-1.0 / 720 + r2 * (1.0 / 40320
            + r2 * (-1.0 / 3628800 + r2 * (1.0 / 479001600 + r2 * (-1.0 / 87178291200)))))));
        return ((long)q & 3) switch
        {
            0 => ((float)cos, (float)sin),
            1 => ((float)-sin, (float)cos),
            2 => ((float)-cos, (float)-sin),
            _ => ((float)sin, (float)-cos),
        };
    }
}
