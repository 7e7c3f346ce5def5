using System.Text;
using System.Text.Json;
using Realm.Generation;
using Realm.Grammars;
using Realm.Grammars.Json;

namespace Realm.Abi;

/// <summary>The option <c>format</c>: an object with a <c>type</c>, and with what that type needs.</summary>
internal static class FormatOption
{
    private static readonly (string Type, string? Key, GrammarNotation Notation)[] _types =
    [
        ("json", null, GrammarNotation.Json),
        ("json_schema", "schema", GrammarNotation.JsonSchema),
        ("regex", "pattern", GrammarNotation.Regex),
        ("choice", "choices", GrammarNotation.Choice),
        ("gbnf", "grammar", GrammarNotation.Gbnf),
        ("lark", "grammar", GrammarNotation.Lark),
    ];

    /// <summary>Reads it. Whether it can be held is seen when it is compiled.</summary>
    public static OutputFormat Read(ref Utf8JsonReader value, string name)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref value);
        JsonElement format = document.RootElement;
        if (format.ValueKind != JsonValueKind.Object
            || !format.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
        {
            throw Wrong($"{name} must be an object with a type");
        }
        int row = Array.FindIndex(_types, known => type.ValueEquals(known.Type));
        if (row < 0)
        {
            throw Wrong($"{name}.type must be {string.Join(" or ", _types.Select(known => $"'{known.Type}'"))}");
        }
        (string word, string? key, GrammarNotation notation) = _types[row];
        foreach (JsonProperty property in format.EnumerateObject())
        {
            if (property.Name != "type" && property.Name != key && property.Name != "whitespace")
            {
                throw Wrong($"{name} of type '{word}' has no '{property.Name}'");
            }
        }
        return new OutputFormat(notation, key == null ? [] : Body(format, name, word, key, notation), Whitespace(format, name));
    }

    private static byte[] Body(JsonElement format, string name, string word, string key, GrammarNotation notation)
    {
        if (!format.TryGetProperty(key, out JsonElement body))
        {
            throw Wrong($"{name} of type '{word}' needs {key}");
        }
        if (notation is GrammarNotation.JsonSchema or GrammarNotation.Choice)
        {
            return Encoding.UTF8.GetBytes(body.GetRawText());
        }
        return body.ValueKind == JsonValueKind.String
            ? Encoding.UTF8.GetBytes(body.GetString()!)
            : throw Wrong($"{name}.{key} must be a text");
    }

    private static JsonWhitespace Whitespace(JsonElement format, string name)
    {
        if (!format.TryGetProperty("whitespace", out JsonElement given))
        {
            return JsonWhitespace.Compact;
        }
        return (given.ValueKind == JsonValueKind.String ? given.GetString() : null) switch
        {
            "compact" => JsonWhitespace.Compact,
            "spaced" => JsonWhitespace.Spaced,
            "flexible" => JsonWhitespace.Flexible,
            _ => throw Wrong($"{name}.whitespace must be 'compact' or 'spaced' or 'flexible'"),
        };
    }

    private static RealmException Wrong(string message) => new(ErrorCode.InvalidArgument, message);
}
