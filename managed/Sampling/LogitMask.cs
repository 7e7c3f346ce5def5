using System.Numerics;
using System.Runtime.Intrinsics;

namespace Realm.Sampling;

/// <summary>Which tokens are allowed: a bit each, 64 to a word, the lowest bit first. A grammar makes one anew for each token.</summary>
internal static unsafe class LogitMask
{
    /// <summary>The logit of a token that is not allowed. Finite, so that the check for logits that are not still works; too low to weigh anything.</summary>
    public const float Forbidden = float.MinValue;

    /// <summary>Words for a vocabulary.</summary>
    public static int Words(int vocabulary) => (vocabulary + 63) / 64;

    /// <summary>A changed logit, where a step may have gone beyond what is finite. No number stays no number.</summary>
    public static float Limit(float logit) => Math.Min(Math.Max(logit, float.MinValue), float.MaxValue);

    /// <summary>Makes the logits of tokens whose bit is 0 <see cref="Forbidden"/>.</summary>
    /// <param name="logits">(vocabulary)</param>
    /// <param name="vocabulary">At least 0.</param>
    /// <param name="mask">(<see cref="Words"/>)</param>
    public static void Apply(float* logits, int vocabulary, ulong* mask)
    {
        int whole = vocabulary / 64;
        for (int word = 0; word < whole; word++, logits += 64)
        {
            ulong bits = mask[word];
            if (bits == 0)
            {
                new Span<float>(logits, 64).Fill(Forbidden);
            }
            else if (bits != ulong.MaxValue)
            {
                ApplyWord(logits, bits);
            }
        }
        for (int i = 0; i < vocabulary % 64; i++)
        {
            if ((mask[whole] >> i & 1) == 0)
            {
                logits[i] = Forbidden;
            }
        }
    }

    private static void ApplyWord(float* logits, ulong bits)
    {
        // Where few are forbidden, one at a time is soonest done.
        if (BitOperations.PopCount(bits) >= 60)
        {
            for (ulong rest = ~bits; rest != 0; rest &= rest - 1)
            {
                logits[BitOperations.TrailingZeroCount(rest)] = Forbidden;
            }
            return;
        }
        Vector256<int> lane = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        for (int i = 0; i < 64; i += 8)
        {
            Vector256<int> allowed = Vector256.Equals(Vector256.Create((int)(byte)(bits >> i)) & lane, lane);
            Vector256.ConditionalSelect(allowed.AsSingle(), Vector256.Load(logits + i), Vector256.Create(Forbidden)).Store(logits + i);
        }
    }
}
