using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>
/// A temperature that grows with the entropy of the candidates (Zhu et al., "EDT", 2024, in the form of KoboldCpp): between temperature - range and
/// temperature + range, by (entropy / greatest possible entropy)^exponent.
/// </summary>
internal sealed class DynamicTemperature(SamplingOptions options) : ICandidateStep
{
    public static readonly SamplerOption[] Options =
    [
        new("dynatempRange", o => o.DynatempRange, (o, v) => o with { DynatempRange = (float)v }, 0, float.MaxValue, "a finite number, at least 0",
            "How far the temperature may go below and above, by how sure the model is. 0: off."),
        new("dynatempExponent", o => o.DynatempExponent, (o, v) => o with { DynatempExponent = (float)v }, 0, float.MaxValue, "a finite number, at least 0",
            "The power of the share of the greatest possible entropy by which it goes from the lowest to the highest."),
    ];

    private readonly float _lowest = Math.Max(0, options.Temperature - options.DynatempRange);
    private readonly float _highest = options.Temperature + options.DynatempRange;
    private readonly float _exponent = options.DynatempExponent;

    public void Apply(SamplerScratch scratch, in Draw draw)
    {
        scratch.GatherAll();
        if (scratch.Count > 1)
        {
            Temperature.Apply(scratch, TemperatureOf(scratch));
        }
    }

    /// <summary>The temperature for the candidates. Their entropy is ln S less the mean of x, where p = e^x / S.</summary>
    public float TemperatureOf(SamplerScratch scratch)
    {
        double sum = scratch.Weigh(1);
        double entropy = Log.Compute(sum) - scratch.MeanDistance(sum);
        float share = (float)Math.Clamp(entropy / Log.Compute((double)scratch.Count), 0, 1);
        return Math.Min(_lowest + ((_highest - _lowest) * Power.Compute(share, _exponent)), float.MaxValue);
    }
}
