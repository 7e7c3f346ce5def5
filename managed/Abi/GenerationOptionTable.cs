using Realm.Generation;
using Realm.Sampling;

namespace Realm.Abi;

/// <summary>The options of a generation. A new one is a row here, its property, and a row in the package's table.</summary>
internal static class GenerationOptionTable
{
    private const int MostStops = 256;
    private const int MostTops = 128;
    private const int MostAdapters = 64;
    private const int MostBiases = 1 << 20;
    private const int MostSamplers = 64;
    private const int MostBreakers = 64;

    private static readonly OptionTable<GenerationOptions> _table = new("generate",
    [
        .. Samplers.All.SelectMany(kind => kind.Options).Select(Row),
        ("maxTokens", (ref v, name, o) => o.MaxTokens = OptionValue.Integer(ref v, name, 0, uint.MaxValue)),
        ("format", (ref v, name, o) => o.Format = FormatValue.Read(ref v, name)),
        ("whitespace", (ref v, name, o) => o.Whitespace = FormatValue.Whitespace(ref v, name)),
        ("unsupported", (ref v, name, o) => o.IgnoresUnsupported = FormatValue.IgnoresUnsupported(ref v, name)),
        ("logitBias", (ref v, name, o) => o.Sampling = o.Sampling with { LogitBias = OptionValue.NumbersById(ref v, name, MostBiases) }),
        ("samplers", (ref v, name, o) => o.Sampling = o.Sampling with { Samplers = OptionValue.Texts(ref v, name, MostSamplers) }),
        ("drySequenceBreakers", (ref v, name, o) => o.DrySequenceBreakers = OptionValue.Texts(ref v, name, MostBreakers)),
        ("seed", (ref v, name, o) => o.Sampling = o.Sampling with { Seed = OptionValue.Bits(ref v, name) }),
        ("stop", (ref v, name, o) => (o.Stops, o.StopIds) = OptionValue.TextsAndIds(ref v, name, MostStops)),
        ("specialTokens", (ref v, name, o) => o.SpecialTokens = OptionValue.Flag(ref v, name)),
        ("ignoreEos", (ref v, name, o) => o.IgnoreEos = OptionValue.Flag(ref v, name)),
        ("speculation", (ref v, name, o) => o.Speculation = OptionValue.Flag(ref v, name)),
        ("cachePrompt", (ref v, name, o) => o.CachePrompt = OptionValue.Flag(ref v, name)),
        ("lora", (ref v, name, o) => o.AdapterScales = OptionValue.Numbers(ref v, name, MostAdapters)),
        ("logprobs", (ref v, name, o) => o.LogProbabilities = OptionValue.Flag(ref v, name)),
        ("topLogprobs", (ref v, name, o) => o.TopLogProbabilities = (int)OptionValue.Integer(ref v, name, 0, MostTops)),
        ("logitsProcessor", (ref v, name, o) => o.LogitsProcessor = OptionValue.Flag(ref v, name)),
        ("priority", (ref v, name, o) => o.Priority = (Priority)OptionValue.OneOf(ref v, name, "background", "normal", "high")),
        ("timeout", (ref v, name, o) => o.Timeout = OptionValue.Integer(ref v, name, 1, int.MaxValue)),
    ]);

    /// <summary>What the options say; what they do not say is off.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static GenerationOptions Read(ReadOnlySpan<byte> json)
    {
        var options = new GenerationOptions();
        _table.Read(json, options);
        options.Sampling.Validate();
        if (options.Format is { } format)
        {
            options.Format = format with
            {
                Whitespace = options.Whitespace ?? format.Whitespace,
                IgnoresUnsupported = options.IgnoresUnsupported ?? format.IgnoresUnsupported,
            };
        }
        return options;
    }

    /// <summary>The row of a sampler's number, whose range stands with the sampler.</summary>
    private static (string Name, OptionSetter<GenerationOptions> Set) Row(SamplerOption option) => (option.Name, (ref v, name, o) =>
    {
        double number = OptionValue.Double(ref v, name);
        option.Check(number);
        o.Sampling = option.With(o.Sampling, number);
    });
}
