namespace Realm.Sampling;

/// <summary>
/// Chooses the next token of one sequence. The steps and their order are llama.cpp's default: repeat penalty, top-k, top-p, min-p, temperature,
/// draw. Each of the three filters keeps a head of the candidates in order of their logits (of equal ones the lower id is ahead), so no step
/// needs them sorted: see <see cref="Cut"/>. Nothing is allocated a token.
/// </summary>
public sealed unsafe class Sampler
{
    // Of more candidates than this the last one weighs too little for an estimate to tell whether it is needed.
    private const int MostToTry = 512;

    private const int Many = 4096;

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
            if (scratch.Count < _options.TopK)
            {
                scratch.Gather(float.MinValue);
            }
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
    /// Top-p and min-p over the whole vocabulary. Both keep a head of the same order, so what stays is the shorter head. An estimate of what the
    /// whole vocabulary weighs nearly always tells where the head ends; where it does not, the sum itself does: the result is always the sum's.
    /// </summary>
    private void GatherByProbability(SamplerScratch scratch)
    {
        float least = Math.Max(scratch.Best + _minLogit, float.MinValue);
        if (_options.TopP >= 1)
        {
            scratch.Gather(least);
            return;
        }
        // Where very many tokens weigh more than a hundredth of the best, an estimate will not do, unless min-p leaves few of them.
        bool isFlat = scratch.AreMoreThan(MostToTry, Math.Max(scratch.Best - 5, least));
        (double low, double high) = scratch.EstimateAll(exactly: isFlat);
        float depth = 2;
        if (!GatherHead(scratch, least, low * _options.TopP, high * _options.TopP, ref depth))
        {
            double mass = scratch.WeighAll(1) * _options.TopP;
            GatherHead(scratch, least, mass, mass, ref depth);
        }
    }

    /// <summary>
    /// Gathers candidates from the top down, further only while their weights do not suffice, and keeps the fewest that reach a mass which is between two.
    /// </summary>
    /// <param name="scratch">After a scan.</param>
    /// <param name="least">No candidate is below this logit.</param>
    /// <param name="low">The mass at least.</param>
    /// <param name="high">The mass at most.</param>
    /// <param name="depth">How far below the best to begin, and where that ended.</param>
    /// <returns>Whether it does not matter what the mass is exactly. If it does, the candidates are of no use.</returns>
    private static bool GatherHead(SamplerScratch scratch, float least, double low, double high, ref float depth)
    {
        // Sums of the same numbers in another order: so far may they be apart.
        const double Rounding = 1e-12;
        while (true)
        {
            // Further down nothing weighs anything (see Kernels.Exp).
            float threshold = depth > 87 ? least : Math.Max(scratch.Best - depth, least);
            if (low != high && scratch.AreMoreThan(MostToTry, threshold))
            {
                return false;
            }
            scratch.Gather(threshold);
            double weight = scratch.Weigh(1);
            if (weight >= high)
            {
                scratch.KeepMass(low);
                // The fewest that reach the low mass are the fewest for any up to the high one if they reach that too.
                return low == high || scratch.Weigh(1) >= high * (1 + Rounding);
            }
            if (threshold == least)
            {
                return low == high || weight < low * (1 - Rounding);
            }
            // Many candidates become very many soon, and each has its cost.
            depth = scratch.Count > Many ? Math.Max(depth + 1.5f, depth * 1.2f) : depth * 1.6f;
        }
    }
}
