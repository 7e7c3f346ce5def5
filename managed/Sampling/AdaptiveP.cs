namespace Realm.Sampling;

/// <summary>
/// Adaptive-p (MrJackSpade, 2025): prefers tokens whose probability is near a target, so that the mean probability of what is chosen stays there. A token's logit becomes
/// 5 - 10 d² / (1 + d), d being how far its probability is from the target in units of 0.3; the target moves against an exponential mean of the past.
/// </summary>
internal sealed class AdaptiveP : IAdaptiveStep
{
    private const float Width = 0.3f, Peak = 5, Sharpness = 10;

    public static readonly SamplerOption[] Options =
    [
        new("adaptiveTarget", o => o.AdaptiveTarget, (o, v) => o with { AdaptiveTarget = (float)v }, float.MinValue, 1, "a number, at most 1",
            "The probability that chosen tokens shall have in the mean. Below 0: off."),
        new("adaptiveDecay", o => o.AdaptiveDecay, (o, v) => o with { AdaptiveDecay = (float)v }, 0, 0.99f, "a number from 0 to 0.99",
            "How much of the past counts: about 1 / (1 - decay) tokens."),
    ];

    private readonly float _target;
    private readonly double _decay;
    private double _sum;        // of the past probabilities, each times decay^age
    private double _weight;     // of the powers
    private int _drawn = -1;
    private float _probability;

    private AdaptiveP(float target, float decay)
    {
        _target = target;
        _decay = decay;
        _weight = 1 / (1 - _decay);
        _sum = target * _weight;
    }

    /// <summary>What it aims at now.</summary>
    public float Target => (float)Math.Clamp((2.0 * _target) - (_sum / _weight), 0, 1);

    public static AdaptiveP? Create(SamplingOptions o, DryBreakers? breakers) => o.AdaptiveTarget >= 0 ? new AdaptiveP(o.AdaptiveTarget, o.AdaptiveDecay) : null;

    public void Apply(SamplerScratch scratch, in Draw draw)
    {
        scratch.GatherAll();
        float sum = (float)scratch.Weigh(1), target = Target;
        ReadOnlySpan<float> weights = scratch.CandidateWeights;
        Span<float> logits = scratch.Logits, probabilities = scratch.Spare;
        for (int i = 0; i < weights.Length; i++)
        {
            float probability = weights[i] / sum;
            probabilities[i] = probability;
            float distance = Math.Abs((probability - target) / Width);
            logits[i] = Peak - (Sharpness * distance * distance / (1 + distance));
        }
        scratch.FindBest();
    }

    public void Drawn(SamplerScratch scratch, int index, double sum)
    {
        _drawn = scratch.Ids[index];
        _probability = scratch.Spare[index];
    }

    public void Accept(int token)
    {
        if (token == _drawn)
        {
            _sum = _probability + (_decay * _sum);
            _weight = 1 + (_decay * _weight);
        }
        _drawn = -1;
    }
}
