using System.Runtime.CompilerServices;

namespace Realm.Sampling;

/// <summary>
/// Where a set of candidates, best first, ends: every logit above a key stays, and of those equal to it the first few.
/// Found without sorting, digit by digit of the logits' bits (radix selection): each pass is linear.
/// </summary>
/// <param name="Key">The last key that stays (see <see cref="KeyOf"/>).</param>
/// <param name="Ties">How many candidates with exactly that key stay, in order of their ids.</param>
internal readonly record struct Cut(uint Key, int Ties)
{
    private const int DigitBits = 11;

    // Candidates whose digits are read soon enough.
    private const int Few = 256;

    // Where halving a range does not halve the candidates in it, they are many alike, or far apart: then the digits it is.
    private const int MostHalvings = 16;

    /// <summary>Bins that a caller must lend.</summary>
    public const int Bins = 1 << DigitBits;

    /// <summary>The bits of a float, in an order that integers have too. Both zeros have one key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint KeyOf(float logit)
    {
        uint bits = BitConverter.SingleToUInt32Bits(logit + 0f);
        return bits ^ ((uint)((int)bits >> 31) | 0x80000000);
    }

    /// <summary>The logit with this key.</summary>
    public static float LogitOf(uint key) => BitConverter.UInt32BitsToSingle(key >= 0x80000000 ? key ^ 0x80000000 : ~key);

    /// <summary>The cut after which exactly so many candidates stay.</summary>
    /// <param name="logits">Of the candidates, in any order.</param>
    /// <param name="count">1 to logits.Length.</param>
    /// <param name="bins">Scratch: <see cref="Bins"/>.</param>
    public static Cut AtCount(ReadOnlySpan<float> logits, int count, Span<double> bins) => Find(logits, default, count, bins);

    /// <summary>
    /// The cut after the candidate with which the weights, best first, reach a sum. A long list is halved first, by logits in the middle of
    /// those that the end can be between: each pass is sixteen candidates at a time, where a digit of the bits takes one at a time.
    /// </summary>
    /// <param name="logits">(count), in any order.</param>
    /// <param name="weights">(count), or null: each weighs 1. A higher logit never weighs less.</param>
    /// <param name="count">At least 0.</param>
    /// <param name="target">The sum to reach.</param>
    /// <param name="range">Where to look first. Wherever the cut is, it is found.</param>
    /// <param name="scratch">Logits and weights: each (count + <see cref="Sieve.Spare"/>).</param>
    /// <param name="bins">Scratch: <see cref="Bins"/>.</param>
    public static unsafe Cut Find(
        float* logits,
        float* weights,
        int count,
        double target,
        (float Lowest, float Highest) range,
        (nint Logits, nint Weights) scratch,
        Span<double> bins)
    {
        (float lowest, float highest) = range;
        for (int pass = 0; pass < MostHalvings && count > Few; pass++)
        {
            float middle = lowest + ((highest - lowest) / 2);
            if (!(middle > lowest && middle < highest))
            {
                break;
            }
            double above = Sieve.Sum(logits, weights, count, middle);
            bool isAbove = above >= target;
            count = Sieve.Take(logits, (int*)weights, count, middle, isAbove, (float*)scratch.Logits, (int*)scratch.Weights);
            logits = (float*)scratch.Logits;
            weights = weights == null ? null : (float*)scratch.Weights;
            (lowest, highest) = isAbove ? (middle, highest) : (lowest, middle);
            target -= isAbove ? 0 : above;
        }
        return Find(new ReadOnlySpan<float>(logits, count), weights == null ? default : new ReadOnlySpan<float>(weights, count), target, bins);
    }

    /// <summary>Reads the key's 32 bits from the top in digits of 11, 11 and 10; each pass looks only at keys that share the digits found.</summary>
    private static Cut Find(ReadOnlySpan<float> logits, ReadOnlySpan<float> weights, double target, Span<double> bins)
    {
        uint prefix = 0;
        double above = 0;   // count or weight of all candidates above the prefix
        for (int shift = 32; shift > 0;)
        {
            int bits = Math.Min(DigitBits, shift);
            int known = shift;
            shift -= bits;
            bins[..(1 << bits)].Clear();
            for (int i = 0; i < logits.Length; i++)
            {
                uint key = KeyOf(logits[i]);
                if (known == 32 || key >> known == prefix)
                {
                    bins[(int)(key >> shift) & ((1 << bits) - 1)] += weights.IsEmpty ? 1 : weights[i];
                }
            }
            int digit = (1 << bits) - 1;
            int lowest = -1;    // rounding may leave the sum of a pass short of the target: then its last bin it is
            double aboveLowest = above;
            for (; digit >= 0; digit--)
            {
                if (bins[digit] == 0)
                {
                    continue;
                }
                lowest = digit;
                aboveLowest = above;
                if (above + bins[digit] >= target)
                {
                    break;
                }
                above += bins[digit];
            }
            // Nothing weighs anything: everything stays.
            if (lowest < 0)
            {
                return new Cut(0, int.MaxValue);
            }
            above = aboveLowest;
            prefix = (prefix << bits) | (uint)lowest;
        }
        return new Cut(prefix, TiesNeeded(logits, weights, prefix, target - above));
    }

    /// <summary>Equal logits weigh the same: how many of them are needed.</summary>
    private static int TiesNeeded(ReadOnlySpan<float> logits, ReadOnlySpan<float> weights, uint key, double missing)
    {
        double weight = 1;
        for (int i = 0; !weights.IsEmpty && i < logits.Length; i++)
        {
            if (KeyOf(logits[i]) == key)
            {
                weight = weights[i];
                break;
            }
        }
        double needed = Math.Ceiling(missing / weight);
        return needed < 1 ? 1 : needed >= int.MaxValue ? int.MaxValue : (int)needed;
    }
}
