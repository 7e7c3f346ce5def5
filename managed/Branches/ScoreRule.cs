using System.Runtime.Intrinsics;
using Realm.Kernels;
using Realm.Kernels.Functions;

namespace Realm.Branches;

/// <summary>A change of attention's scores before the softmax. A score's new value depends on itself, the head and the two positions alone.</summary>
internal abstract unsafe class ScoreRule
{
    /// <summary>Changes the scores of a query of `head` at `position` with the 64 keys from `firstKey` on.</summary>
    public abstract void Apply(float* scores, int head, int position, int firstKey);

    /// <summary>cap · tanh(score / cap). (Gemma Team, 2024)</summary>
    public static ScoreRule Cap(float cap) => new CappedScores(cap);

    /// <summary>score - slope · distance, a slope for each head. (Press et al., 2022)</summary>
    public static ScoreRule Slopes(int heads, float maxBias) => new SlopedScores(SlopedScores.SlopesOf(heads, maxBias));

    private sealed class CappedScores(float cap) : ScoreRule
    {
        public override void Apply(float* scores, int head, int position, int firstKey)
        {
            Vector256<float> c = Vector256.Create(cap), inverse = Vector256.Create(1f / cap);
            for (int i = 0; i < KeyBlock.Keys; i += 8)
                (c * Tanh.Compute(Vector256.Load(scores + i) * inverse)).Store(scores + i);
        }
    }

    private sealed class SlopedScores(float[] slopes) : ScoreRule
    {
        public override void Apply(float* scores, int head, int position, int firstKey)
        {
            for (int i = 0; i < KeyBlock.Keys; i++)
                scores[i] -= slopes[head] * Math.Abs(position - firstKey - i);
        }

        /// <summary>Slopes 2^(-maxBias·(i+1)/n) for the largest power of two n of heads, then those half-way between: ALiBi's rule for any number of heads.</summary>
        public static float[] SlopesOf(int heads, float maxBias)
        {
            int power = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)heads + 1) / 2;
            float[] slopes = new float[heads];
            for (int i = 0; i < heads; i++)
            {
                double exponent = i < power ? -maxBias / power * (i + 1) : -maxBias / 2 / power * (2 * (i - power) + 1);
                slopes[i] = (float)Math.Pow(2, exponent);
            }
            return slopes;
        }
    }
}
