using Realm.Blocks;
using Realm.Generation;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>The options of what computes without generating. A new one is a row here, its property, and a row in the package's tables.</summary>
internal static class ComputeOptionTables
{
    private const int MostAdapters = 64;
    private const int MostTops = 128;

    private static readonly OptionTable<LogitsOptions> _logits = new("logits",
        ("lora", (ref v, name, o) => o.AdapterScales = OptionValue.Numbers(ref v, name, MostAdapters)));

    private static readonly OptionTable<LogitsOptions> _score = new("score",
        ("lora", (ref v, name, o) => o.AdapterScales = OptionValue.Numbers(ref v, name, MostAdapters)),
        ("topLogprobs", (ref v, name, o) => o.Tops = (int)OptionValue.Integer(ref v, name, 0, MostTops)));

    private static readonly OptionTable<EmbeddingOptions> _embed = new("embed",
        ("pooling", (ref v, name, o) => o.Pooling = (Pooling)OptionValue.OneOf(ref v, name, "none", "mean", "cls", "last", "rank")),
        ("normalize", (ref v, name, o) => o.Normalized = OptionValue.Flag(ref v, name)),
        ("dimensions", (ref v, name, o) => o.Dimensions = (int)OptionValue.Integer(ref v, name, 0, int.MaxValue)),
        ("lora", (ref v, name, o) => o.AdapterScales = OptionValue.Numbers(ref v, name, MostAdapters)));

    /// <summary>What the options say; what they do not say is off.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static LogitsOptions Logits(ReadOnlySpan<byte> json) => Read(_logits, json, new LogitsOptions());

    /// <inheritdoc cref="Logits"/>
    public static LogitsOptions Score(ReadOnlySpan<byte> json) => Read(_score, json, new LogitsOptions());

    /// <inheritdoc cref="Logits"/>
    public static EmbeddingOptions Embed(ReadOnlySpan<byte> json) => Read(_embed, json, new EmbeddingOptions(Pooling.None, Normalized: false));

    private static T Read<T>(OptionTable<T> table, ReadOnlySpan<byte> json, T options)
    {
        table.Read(json, options);
        return options;
    }
}
