namespace Realm.Sampling;

/// <summary>
/// Chooses the next token of one sequence. The steps and their order are llama.cpp's default: repeat penalty, top-k, top-p, min-p, temperature,
/// draw. Each of the three filters keeps a head of the candidates in order of their logits (of equal ones the lower id is ahead), so no step
/// needs them sorted: see <see cref="Cut"/>. Nothing is allocated a token.
/// </summary>
public sealed unsafe class Sampler
{
    private readonly SamplingOptions _options;
    private readonly RepeatPenalty _penalty;
    private readonly RandomSource _random;
    private readonly float _scale;
    private readonly float _minLogit;
    private readonly int[] _forbidden;

    /// <summary>A sampler for one sequence.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="forbidden">Ids never to choose.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: an option is out of range.</exception>
    public Sampler(SamplingOptions options, ReadOnlySpan<int> forbidden = default)
    {
        options.Validate();
        _options = options;
        _forbidden = forbidden.ToArray();
        _penalty = new RepeatPenalty(options.RepeatPenalty);
        _random = new RandomSource(options.Seed);
        // Not infinite, which 0 times (the best token's distance to itself) would be no number.
        _scale = Math.Min(1 / options.Temperature, float.MaxValue);
        // Through double, where C libraries agree on all bits that reach the float.
        _minLogit = options.MinP > 0 ? (float)Math.Log(options.MinP) : float.NegativeInfinity;
    }

    /// <summary>Notes a token of the prompt or of the answer, in order: the repeat penalty looks back.</summary>
    public void Accept(int token) => _penalty.Accept(token);

    /// <summary>Chooses; <see cref="Accept"/> with the result is the caller's.</summary>
    /// <param name="logits">(scratch.Vocabulary); changed by the repeat penalty, and where tokens are forbidden.</param>
    /// <param name="scratch">Of the same vocabulary and this thread.</param>
    /// <returns>A token id. With temperature 0, the best; of equally good ones the lowest.</returns>
    /// <exception cref="RealmException"><see cref="ErrorCode.Numeric"/>: a logit is not finite.</exception>
    public int Sample(float* logits, SamplerScratch scratch)
    {
        _penalty.Apply(new Span<float>(logits, scratch.Vocabulary));
        foreach (int id in _forbidden)
        {
            if ((uint)id < (uint)scratch.Vocabulary)
            {
                // Finite, so that the check for logits that are not still works; too low to weigh anything.
                logits[id] = float.MinValue;
            }
        }
        scratch.Scan(logits);
        if (_options.Temperature == 0)
        {
            return scratch.IndexOfBest();
        }
        bool topK = _options.TopK > 0 && _options.TopK < scratch.Vocabulary;
        if (!topK && _options.TopP >= 1 && _options.MinP <= 0)
        {
            double all = scratch.WeighAll(_scale);
            return scratch.PickFromAll(_random.NextDouble() * all, _scale);
        }
        if (topK)
        {
            scratch.Gather(scratch.ThresholdFor(_options.TopK));
            scratch.KeepCount(_options.TopK);
            if (_options.TopP < 1)
            {
                scratch.KeepMass(_options.TopP * scratch.Weigh(1));
            }
            if (_options.MinP > 0)
            {
                scratch.KeepAtLeast(scratch.Best + _minLogit);
            }
        }
        else
        {
            GatherByProbability(scratch);
        }
        double sum = scratch.Weigh(_scale);
        return scratch.Pick(_random.NextDouble() * sum);
    }

    /// <summary>
    /// Top-p and min-p over the whole vocabulary. Both keep a head of the same order, so what stays is the shorter head. Candidates are gathered
    /// from the top down, further only while their probability does not suffice for top-p.
    /// </summary>
    private void GatherByProbability(SamplerScratch scratch)
    {
        float least = Math.Max(scratch.Best + _minLogit, float.MinValue);
        if (_options.TopP >= 1)
        {
            scratch.Gather(least);
            return;
        }
        double mass = _options.TopP * scratch.WeighAll(1);
        for (float depth = 2; ; depth *= 4)
        {
            // Further down nothing weighs anything (see Kernels.Exp).
            float threshold = depth > 87 ? least : Math.Max(scratch.Best - depth, least);
            scratch.Gather(threshold);
            if (scratch.Weigh(1) >= mass)
            {
                scratch.KeepMass(mass);
                return;
            }
            if (threshold == least)
            {
                return;
            }
        }
    }
}
