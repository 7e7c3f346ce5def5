namespace Realm.Sampling;

/// <summary>
/// Top-p over the whole vocabulary. What stays is a head of the tokens, best first. An estimate of what the whole vocabulary weighs nearly always tells where the head ends;
/// where it does not, the sum itself does: the result is always the sum's.
/// </summary>
internal static class ProbabilityHead
{
    // Of more candidates than this the last one weighs too little for an estimate to tell whether it is needed.
    private const int MostToTry = 512;

    private const int Many = 4096;

    /// <summary>Makes the fewest best tokens that reach a probability the candidates; of them, those that reach a logit.</summary>
    /// <param name="scratch">After a scan.</param>
    /// <param name="probability">0 to 1.</param>
    /// <param name="least">The logit.</param>
    public static void Gather(SamplerScratch scratch, float probability, float least)
    {
        // Where very many tokens weigh more than a hundredth of the best, an estimate will not do, unless few of them may stay.
        bool isFlat = scratch.AreMoreThan(MostToTry, Math.Max(scratch.Best - 5, least));
        (double low, double high) = scratch.EstimateAll(exactly: isFlat);
        float depth = 2;
        if (!Gather(scratch, least, low * probability, high * probability, ref depth))
        {
            double mass = scratch.WeighAll(1) * probability;
            Gather(scratch, least, mass, mass, ref depth);
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
    private static bool Gather(SamplerScratch scratch, float least, double low, double high, ref float depth)
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
