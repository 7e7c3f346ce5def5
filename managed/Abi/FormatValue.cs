using System.Buffers;
using System.Text;
using System.Text.Json;
using Realm.Generation;
using Realm.Grammars;
using Realm.Grammars.Json;

namespace Realm.Abi;

/// <summary>A format as JSON: <c>{"type": notation, "text": "...", "whitespace": "compact", "unsupported": "error"}</c>, the last two if
/// wanted.</summary>
internal static class FormatValue
{
    private static readonly string[] _names = ["type", "text", "whitespace", "unsupported"];

    /// <summary>A format that is all of a text.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static OutputFormat Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            OutputFormat format = Read(ref reader, "format");
            reader.Read();
            return format;
        }
        catch (InvalidOperationException e) when (OptionValue.IsHalfPair(e))
        {
            throw OptionValue.HalfPair("format");
        }
        catch (JsonException e)
        {
            throw new RealmException(ErrorCode.InvalidArgument,
                $"the format is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    /// <summary>A format that the reader stands at.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static OutputFormat Read(ref Utf8JsonReader value, string name)
    {
        GrammarNotation? notation = null;
        var format = new OutputFormat(default, []);
        if (value.TokenType != JsonTokenType.StartObject)
        {
            throw OptionValue.Wrong(ref value, name, "an object with a type and a text");
        }
        while (value.Read() && value.TokenType == JsonTokenType.PropertyName)
        {
            string member = _names[OptionValue.OneOf(ref value, $"a name in {name}", _names)];
            value.Read();
            switch (member)
            {
                case "type":
                    notation = (GrammarNotation)OptionValue.OneOf(ref value, $"{name}.type", GrammarFormat.Names);
                    break;
                case "text":
                    format = format with { Text = Text(ref value, $"{name}.text") };
                    break;
                case "whitespace":
                    format = format with { Whitespace = Whitespace(ref value, $"{name}.whitespace") };
                    break;
                default:
                    format = format with { IgnoresUnsupported = IgnoresUnsupported(ref value, $"{name}.unsupported") };
                    break;
            }
        }
        return format with { Notation = notation ?? throw new RealmException(ErrorCode.InvalidArgument, $"{name} has no type") };
    }

    /// <summary>White space by its name.</summary>
    public static JsonWhitespace Whitespace(ref Utf8JsonReader value, string name) =>
        (JsonWhitespace)OptionValue.OneOf(ref value, name, "compact", "spaced", "flexible");

    /// <summary>What is done with what can't be held.</summary>
    public static bool IgnoresUnsupported(ref Utf8JsonReader value, string name) => OptionValue.OneOf(ref value, name, "error", "ignore") == 1;

    /// <summary>What is known of a compiled format, as JSON.</summary>
    public static ReadOnlySpan<byte> Describe(Grammar grammar)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("minTokens", grammar.MinTokens);
        json.WriteBoolean("checked", grammar.IsChecked);
        json.WriteStartArray("warnings");
        foreach (string warning in grammar.Warnings)
        {
            json.WriteStringValue(warning);
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static byte[] Text(ref Utf8JsonReader value, string name) => value.TokenType == JsonTokenType.String
        ? Encoding.UTF8.GetBytes(value.GetString()!)
        : throw OptionValue.Wrong(ref value, name, "a text");
}
