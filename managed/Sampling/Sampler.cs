namespace Realm.Sampling;

/// <summary>
/// The steps that nearly everybody uses, in the order that nearly everybody uses them in, as one: top-k, top-p, min-p, temperature, draw. Each of the three filters keeps a head of the
/// candidates in order of their logits (of equal ones the lower id is ahead), so no step needs them sorted: see <see cref="Cut"/>. The tokens are those of a
/// <see cref="SamplerChain"/> of the same steps.
/// </summary>
internal sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly float _scale;
    private readonly float _minLogit;

    /// <summary>A sampler by the options that have to do with these steps.</summary>
    public Sampler(SamplingOptions options)
    {
        _options = options;
        _scale = options.Temperature > 0 ? Temperature.ScaleOf(options.Temperature) : 0;
        _minLogit = options.MinP > 0 ? MinP.Distance(options.MinP) : float.NegativeInfinity;
    }

    /// <summary>Whether the options ask for no other candidate steps, and for these in this order.</summary>
    public static bool Suffices(IEnumerable<ICandidateStep> steps)
    {
        int at = 0;
        foreach (ICandidateStep step in steps)
        {
            int place = step switch { TopK => 1, TopP => 2, MinP => 3, Temperature => 4, _ => 0 };
            if (place <= at)
            {
                return false;
            }
            at = place;
        }
        return at == 4;
    }

    /// <summary>Chooses.</summary>
    /// <param name="scratch">After a scan.</param>
    /// <param name="uniform">A random number in [0, 1).</param>
    /// <returns>A token id. With temperature 0, the best; of equally good ones the lowest.</returns>
    public int Choose(SamplerScratch scratch, double uniform)
    {
        if (_options.Temperature == 0)
        {
            return scratch.IndexOfBest();
        }
        bool topK = _options.TopK > 0 && _options.TopK < scratch.Vocabulary;
        if (!topK && _options.TopP >= 1 && _options.MinP <= 0)
        {
            double all = scratch.WeighAll(_scale);
            return scratch.PickFromAll(uniform * all, _scale);
        }
        float least = Math.Max(scratch.Best + _minLogit, scratch.Lowest);
        if (topK)
        {
            scratch.KeepBest(_options.TopK);
            if (_options.TopP < 1)
            {
                scratch.KeepMass(_options.TopP * scratch.Weigh(1));
            }
            if (_options.MinP > 0)
            {
                scratch.KeepAtLeast(least);
            }
        }
        else if (_options.TopP < 1)
        {
            ProbabilityHead.Gather(scratch, _options.TopP, least);
        }
        else
        {
            scratch.Gather(least);
        }
        return scratch.Pick(uniform * scratch.Weigh(_scale));
    }
}
