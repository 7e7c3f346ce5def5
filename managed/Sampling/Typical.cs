namespace Realm.Sampling;

/// <summary>
/// Locally typical sampling (Meister et al., 2022): keeps the tokens whose surprise -ln p is nearest to the expected one, the entropy, until their probabilities
/// reach a sum. With p = e^x / S the difference of the two is the mean of x less x: no logarithm is needed.
/// </summary>
internal sealed class Typical(float probability) : ICandidateStep
{
    public static readonly SamplerOption[] Options =
    [
        new("typicalP", o => o.TypicalP, (o, v) => o with { TypicalP = (float)v }, 0, 1, "a number from 0 to 1",
            "Keep the tokens whose surprise is nearest to the expected one until their probabilities reach this sum. 1: off."),
    ];

    public static Typical? Create(SamplingOptions o, DryBreakers? breakers) => o.TypicalP < 1 ? new Typical(o.TypicalP) : null;

    public void Apply(SamplerScratch scratch, in Draw draw)
    {
        scratch.GatherAll();
        double sum = scratch.Weigh(1);
        scratch.KeepNearest((float)scratch.MeanDistance(sum), probability * sum);
    }
}
