using Realm.Generation;
using Realm.Runtime;
using Realm.State;

namespace Realm.Abi;

/// <summary>The options of opening a model. A new one is a row here, its property, and a row in the package's table.</summary>
internal static class ModelOptionTable
{
    private const int MostThreads = 1024;

    /// <summary>The largest whole number of JavaScript.</summary>
    private const long MostBytes = (1L << 53) - 1;

    private static readonly OptionTable<Opening> _table = new("loadModel",
        ("threads", (ref v, name, o) => o.Model = o.Model with { Threads = (int)OptionValue.Integer(ref v, name, 0, MostThreads) }),
        ("weights", (ref v, name, o) => o.Model = o.Model with { Packed = OptionValue.OneOf(ref v, name, "packed", "mapped") == 0 }),
        ("cacheType", (ref v, name, o) => o.Model = o.Model with { Cache = (CacheType)OptionValue.OneOf(ref v, name, CacheTypes) }),
        ("promptCacheBytes", (ref v, name, o) => o.Model = o.Model with { PromptCacheBytes = OptionValue.Integer(ref v, name, 0, MostBytes) }),
        ("contextSize", (ref v, name, o) => o.Own = o.Own with { ContextSize = (int)OptionValue.Integer(ref v, name, 1, int.MaxValue) }),
        ("maxQueue", (ref v, name, o) => o.Own = o.Own with { MaxQueue = (int)OptionValue.Integer(ref v, name, 0, int.MaxValue) }),
        ("progress", (ref v, name, o) => o.Own = o.Own with { TellsProgress = OptionValue.Flag(ref v, name) }),
        ("vocabOnly", (ref v, name, o) => o.Own = o.Own with { VocabOnly = OptionValue.Flag(ref v, name) }),
        ("lora", (ref v, _, o) => o.Model = o.Model with { Adapters = AdapterOptions.Read(ref v) }));

    /// <summary>The names of <see cref="CacheType"/>, in its order.</summary>
    public static ReadOnlySpan<string> CacheTypes => new[] { "f16", "f32", "q8_0" };

    /// <summary>What the options say.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static (ModelOptions Options, OpeningOptions Opening) Read(ReadOnlySpan<byte> json)
    {
        var opening = new Opening();
        _table.Read(json, opening);
        // Whatever is only looked at is the same for all.
        return (opening.Own.VocabOnly ? new ModelOptions() : opening.Model, opening.Own);
    }

    private sealed class Opening
    {
        public ModelOptions Model { get; set; } = new();

        public OpeningOptions Own { get; set; } = new();
    }
}
