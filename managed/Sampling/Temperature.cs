namespace Realm.Sampling;

/// <summary>Divides logits: below 1 probable tokens become more probable still, above 1 the improbable ones gain. 0 leaves only the best.</summary>
internal sealed class Temperature(float temperature) : ICandidateStep
{
    // A token that is not allowed weighs nothing: its distance from any other one stays far beyond what has a weight.
    private const float LeastScale = 1e-36f;

    public static readonly SamplerOption[] Options =
    [
        new("temperature", o => o.Temperature, (o, v) => o with { Temperature = (float)v }, 0, float.MaxValue, "a finite number, at least 0",
            "Logits are divided by it before a token is drawn. 0: the best token always."),
        .. DynamicTemperature.Options,
    ];

    public static ICandidateStep Create(SamplingOptions o, DryBreakers? breakers) => o.DynatempRange > 0 ? new DynamicTemperature(o) : new Temperature(o.Temperature);

    /// <summary>What logits are multiplied with.</summary>
    /// <param name="temperature">Above 0.</param>
    /// <returns>Not infinite, which 0 times (the best token's distance to itself) would be no number.</returns>
    public static float ScaleOf(float temperature) => Math.Clamp(1 / temperature, LeastScale, float.MaxValue);

    public void Apply(SamplerScratch scratch, in Draw draw) => Apply(scratch, temperature);

    public static void Apply(SamplerScratch scratch, float temperature)
    {
        if (temperature > 0)
        {
            scratch.Scale(ScaleOf(temperature));
        }
        else
        {
            scratch.KeepBest(1);
        }
    }
}
