using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>Keeps tokens that are at least so many times as probable as the best one (Nguyen et al., "Turning up the heat: min-p sampling", 2024).</summary>
internal sealed class MinP(float probability) : ICandidateStep
{
    public static readonly SamplerOption[] Options =
    [
        new("minP", o => o.MinP, (o, v) => o with { MinP = (float)v }, 0, 1, "a number from 0 to 1",
            "Keep tokens at least this many times as probable as the best one. 0: off.") { On = 0.05f },
    ];

    private readonly float _distance = Distance(probability);

    public static MinP? Create(SamplingOptions o, DryBreakers? breakers) => o.MinP > 0 ? new MinP(o.MinP) : null;

    /// <summary>How far below the best logit a token may be: ln p.</summary>
    public static float Distance(float probability) => (float)Log.Compute((double)probability);

    public void Apply(SamplerScratch scratch, in Draw draw)
    {
        float least = Math.Max(scratch.Best + _distance, scratch.Lowest);
        if (scratch.IsGathered)
        {
            scratch.KeepAtLeast(least);
        }
        else
        {
            scratch.Gather(least);
        }
    }
}
