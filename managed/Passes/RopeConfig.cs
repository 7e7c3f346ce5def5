using Realm.Kernels;

namespace Realm.Passes;

/// <summary>Rotary position embedding: which elements turn, and how fast.</summary>
/// <param name="Pairing">Which elements form a pair.</param>
/// <param name="Dimensions">Elements of a head that turn; even.</param>
/// <param name="Frequencies">Angle of each pair for one position, in radians: scaling and factors are in it.</param>
/// <param name="Magnitude">What cosine and sine are multiplied with (YaRN's attention factor), 1 without.</param>
public sealed record RopeConfig(RopePairing Pairing, int Dimensions, double[] Frequencies, float Magnitude)
{
    /// <summary>Frequencies base^(-2i/d), with the scaling the file asks for.</summary>
    /// <param name="pairing">Which elements form a pair.</param>
    /// <param name="dimensions">Elements of a head that turn.</param>
    /// <param name="frequencyBase">The base, 10000 in the original.</param>
    /// <param name="scaling">Position scaling.</param>
    /// <param name="factors">Divisors of the frequencies, one a pair (Llama 3), or null.</param>
    public static RopeConfig Create(RopePairing pairing, int dimensions, double frequencyBase, RopeScaling scaling, float[]? factors)
    {
        double[] frequencies = new double[dimensions / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            double plain = Math.Pow(frequencyBase, -2.0 * i / dimensions) / (factors?[i] ?? 1f);
            double interpolated = plain / scaling.Factor;
            double share = scaling.ExtrapolationFactor == 0 ? 0 : scaling.ExtrapolationFactor * Ramp(i, dimensions, frequencyBase, scaling);
            frequencies[i] = interpolated * (1 - share) + plain * share;
        }
        return new RopeConfig(pairing, dimensions, frequencies, (float)scaling.Magnitude);
    }

    /// <summary>Whether both turn the same elements by the same angles.</summary>
    internal bool IsSame(RopeConfig other) => Pairing == other.Pairing && Dimensions == other.Dimensions && Magnitude == other.Magnitude
        && Frequencies.AsSpan().SequenceEqual(other.Frequencies);

    // YaRN (Peng et al., 2023, section 3.2): pairs that turn more often than BetaFast in the original context keep their
    // frequency, those slower than BetaSlow are interpolated, between them a linear ramp.
    private static double Ramp(int i, int dimensions, double frequencyBase, RopeScaling scaling)
    {
        double low = Math.Max(0, Math.Floor(Pair(scaling.BetaFast)));
        double high = Math.Min(dimensions - 1, Math.Ceiling(Pair(scaling.BetaSlow)));
        return 1 - Math.Clamp((i - low) / Math.Max(0.001, high - low), 0, 1);

        double Pair(double turns) =>
            dimensions * Math.Log(scaling.OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(frequencyBase));
    }
}

/// <summary>How positions beyond the trained context are squeezed in. The default does nothing.</summary>
public sealed record RopeScaling
{
    /// <summary>Positions are divided by it.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>YaRN: how much of the ramp applies; 0 is linear scaling.</summary>
    public double ExtrapolationFactor { get; init; }

    /// <summary>YaRN: turns above which a pair keeps its frequency.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: turns below which a pair is interpolated.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Context the model was trained for before scaling.</summary>
    public double OriginalContext { get; init; }

    /// <summary>What cosine and sine are multiplied with.</summary>
    public double Magnitude { get; init; } = 1;
}
