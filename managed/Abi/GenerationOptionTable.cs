using Realm.Generation;

namespace Realm.Abi;

/// <summary>The options of a generation. A new one is a row here, its property, and a row in the package's table.</summary>
internal static class GenerationOptionTable
{
    private const int MostStops = 256;
    private const int MostTops = 128;
    private const int MostAdapters = 64;

    private static readonly OptionTable<GenerationOptions> _table = new("generate",
        ("maxTokens", (ref v, name, o) => o.MaxTokens = OptionValue.Integer(ref v, name, 0, uint.MaxValue)),
        ("temperature", (ref v, name, o) => o.Sampling = o.Sampling with { Temperature = OptionValue.Number(ref v, name) }),
        ("topK", (ref v, name, o) => o.Sampling = o.Sampling with { TopK = (int)OptionValue.Integer(ref v, name, 0, int.MaxValue) }),
        ("topP", (ref v, name, o) => o.Sampling = o.Sampling with { TopP = OptionValue.Number(ref v, name) }),
        ("minP", (ref v, name, o) => o.Sampling = o.Sampling with { MinP = OptionValue.Number(ref v, name) }),
        ("repeatPenalty", (ref v, name, o) => o.Sampling = o.Sampling with { RepeatPenalty = OptionValue.Number(ref v, name) }),
        ("seed", (ref v, name, o) => o.Sampling = o.Sampling with { Seed = OptionValue.Bits(ref v, name) }),
        ("stop", (ref v, name, o) => (o.Stops, o.StopIds) = OptionValue.TextsAndIds(ref v, name, MostStops)),
        ("ignoreEos", (ref v, name, o) => o.IgnoreEos = OptionValue.Flag(ref v, name)),
        ("speculation", (ref v, name, o) => o.Speculation = OptionValue.Flag(ref v, name)),
        ("lora", (ref v, name, o) => o.AdapterScales = OptionValue.Numbers(ref v, name, MostAdapters)),
        ("logprobs", (ref v, name, o) => o.LogProbabilities = OptionValue.Flag(ref v, name)),
        ("topLogprobs", (ref v, name, o) => o.TopLogProbabilities = (int)OptionValue.Integer(ref v, name, 0, MostTops)),
        ("priority", (ref v, name, o) => o.Priority = (Priority)OptionValue.OneOf(ref v, name, "background", "normal", "high")),
        ("timeout", (ref v, name, o) => o.Timeout = OptionValue.Integer(ref v, name, 1, int.MaxValue)));

    /// <summary>What the options say; what they do not say is off.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static GenerationOptions Read(ReadOnlySpan<byte> json)
    {
        var options = new GenerationOptions();
        _table.Read(json, options);
        options.Sampling.Validate();
        return options;
    }
}
