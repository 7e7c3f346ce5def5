using System.Text.Json;
using Realm.Generation;

namespace Realm.Abi;

/// <summary>The options of a session. A new one is a row here, its property, and a row in the package's table.</summary>
internal static class SessionOptionTable
{
    private const int MostAdapters = 64;

    private static readonly OptionTable<SessionOptions> _table = new("createSession",
        ("contextShift", (ref v, name, o) => o.Shift = Shift(ref v, name)),
        ("lora", (ref v, name, o) => o.AdapterScales = OptionValue.Numbers(ref v, name, MostAdapters)));

    /// <summary>What the options say; what they do not say is off.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static SessionOptions Read(ReadOnlySpan<byte> json)
    {
        var options = new SessionOptions();
        _table.Read(json, options);
        return options;
    }

    private static ContextShift Shift(ref Utf8JsonReader value, string name)
    {
        int keep = ContextShift.DefaultKeep, recent = 0;
        if (value.TokenType != JsonTokenType.StartObject)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{name} must be an object of keep and recent");
        }
        while (value.Read() && value.TokenType == JsonTokenType.PropertyName)
        {
            string field = value.GetString()!;
            value.Read();
            int count = (int)OptionValue.Integer(ref value, $"{name}.{field}", 0, int.MaxValue);
            (keep, recent) = field switch
            {
                "keep" => (count, recent),
                "recent" => (keep, count),
                _ => throw new RealmException(ErrorCode.InvalidArgument, $"{name} has no '{field}': it has keep and recent"),
            };
        }
        return new ContextShift(keep, recent);
    }
}
