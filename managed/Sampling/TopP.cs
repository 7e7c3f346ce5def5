namespace Realm.Sampling;

/// <summary>Nucleus sampling (Holtzman et al., "The curious case of neural text degeneration", 2019): keeps the fewest of the best tokens whose probabilities reach a sum.</summary>
internal sealed class TopP(float probability) : ICandidateStep
{
    public static readonly SamplerOption[] Options =
    [
        new("topP", o => o.TopP, (o, v) => o with { TopP = (float)v }, 0, 1, "a number from 0 to 1",
            "Keep the best tokens until their probabilities reach this sum; the one that reaches it stays. 1: off.") { On = 0.95f },
    ];

    public static TopP? Create(SamplingOptions o, DryBreakers? breakers) => o.TopP < 1 ? new TopP(o.TopP) : null;

    public void Apply(SamplerScratch scratch, in Draw draw)
    {
        if (scratch.IsGathered)
        {
            scratch.KeepMass(probability * scratch.Weigh(1));
        }
        else
        {
            ProbabilityHead.Gather(scratch, probability, scratch.Lowest);
        }
    }
}
