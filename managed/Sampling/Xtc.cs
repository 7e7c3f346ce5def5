namespace Realm.Sampling;

/// <summary>"Exclude top choices" (p-e-w, 2024): now and then, of all tokens that reach a probability, only the least probable stays, so that the text leaves the beaten track.</summary>
internal sealed class Xtc(float chance, float threshold) : ICandidateStep
{
    public static readonly SamplerOption[] Options =
    [
        new("xtcProbability", o => o.XtcProbability, (o, v) => o with { XtcProbability = (float)v }, 0, 1, "a number from 0 to 1",
            "How often, of the tokens that reach the threshold, all but the least probable are taken away. 0: off."),
        new("xtcThreshold", o => o.XtcThreshold, (o, v) => o with { XtcThreshold = (float)v }, 0, 1, "a number from 0 to 1",
            "The probability from which a token counts as a top choice. Above 0.5: off."),
    ];

    public static Xtc? Create(SamplingOptions o, DryBreakers? breakers) =>
        o.XtcProbability > 0 && o.XtcThreshold <= 0.5f ? new Xtc(o.XtcProbability, o.XtcThreshold) : null;

    public void Apply(SamplerScratch scratch, in Draw draw)
    {
        if (draw.Second >= chance)
        {
            return;
        }
        scratch.GatherAll();
        double least = threshold * scratch.Weigh(1);
        ReadOnlySpan<float> weights = scratch.CandidateWeights, logits = scratch.Logits;
        // The last of the top choices in order of the logits; of equal ones the higher id is behind.
        int choices = 0, last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] >= least)
            {
                last = choices == 0 || logits[i] <= logits[last] ? i : last;
                choices++;
            }
        }
        if (choices > 1)
        {
            scratch.KeepFrom(last);
        }
    }
}
