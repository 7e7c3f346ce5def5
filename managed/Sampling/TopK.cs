namespace Realm.Sampling;

/// <summary>Keeps the best tokens, so many.</summary>
internal sealed class TopK(int count) : ICandidateStep
{
    public static readonly SamplerOption[] Options =
    [
        new("topK", o => o.TopK, (o, v) => o with { TopK = (int)v }, 0, int.MaxValue, "an integer, at least 0", "Keep this many of the best tokens. 0: off.")
        {
            IsInteger = true,
            On = 40,
        },
    ];

    public static TopK? Create(SamplingOptions o, DryBreakers? breakers) => o.TopK > 0 ? new TopK(o.TopK) : null;

    public void Apply(SamplerScratch scratch, in Draw draw) => scratch.KeepBest(count);
}
