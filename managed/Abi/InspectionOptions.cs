using Realm.Runtime;
using Realm.State;

namespace Realm.Abi;

/// <summary>The options of an inspection: js/model/inspectModel.ts has the same rows.</summary>
internal sealed class InspectionOptions
{
    private static readonly OptionTable<InspectionOptions> _table = new("inspectModel",
        ("contextLength", (ref v, name, o) => o.ContextLength = OptionValue.Integer(ref v, name, 0, int.MaxValue)),
        ("weights", (ref v, name, o) => o.Model = o.Model with { Packed = OptionValue.OneOf(ref v, name, "packed", "mapped") == 0 }),
        ("cacheType", (ref v, name, o) => o.Model = o.Model with { Cache = (CacheType)OptionValue.OneOf(ref v, name, ModelOptionTable.CacheTypes) }),
        ("lora", (ref v, _, o) => o.Model = o.Model with { Adapters = AdapterOptions.Read(ref v) }));

    /// <summary>How it would be loaded.</summary>
    public ModelOptions Model { get; private set; } = new();

    /// <summary>Positions that memory is asked for; 0: as many as the context holds.</summary>
    public long ContextLength { get; private set; }

    /// <summary>What the options say.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static InspectionOptions Read(ReadOnlySpan<byte> json)
    {
        var options = new InspectionOptions();
        _table.Read(json, options);
        return options;
    }
}
