using System.Globalization;
using System.Text;
using System.Text.Json;
using Realm.Generation;
using Realm.Grammars;

namespace Realm.Abi;

/// <summary>Values of options, checked: each reads what the reader stands at. The package checks before; this is for everybody
/// else.</summary>
internal static class OptionValue
{
    /// <summary>A whole number of a range.</summary>
    public static long Integer(ref Utf8JsonReader value, string name, long least, long most) =>
        value.TokenType == JsonTokenType.Number && value.TryGetInt64(out long number) && number >= least && number <= most
            ? number
            : throw Wrong(ref value, name, $"an integer from {least} to {most}");

    /// <summary>A number, rounded to single precision. Ranges are checked by whoever uses it.</summary>
    public static float Number(ref Utf8JsonReader value, string name) => (float)Double(ref value, name);

    /// <summary>The same, in which whole numbers of 32 bits are what they are.</summary>
    public static double Double(ref Utf8JsonReader value, string name) =>
        value.TokenType == JsonTokenType.Number && value.TryGetDouble(out double number) ? number : throw Wrong(ref value, name, "a number");

    /// <summary>True or false.</summary>
    public static bool Flag(ref Utf8JsonReader value, string name) => value.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Wrong(ref value, name, "true or false"),
    };

    /// <summary>64 bits, which JSON's readers do not hold: as a text of decimal digits.</summary>
    public static ulong Bits(ref Utf8JsonReader value, string name) =>
        value.TokenType == JsonTokenType.String && ulong.TryParse(value.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out ulong bits)
            ? bits
            : throw Wrong(ref value, name, "a text of decimal digits below 2^64");

    /// <summary>One of some words: its place among them.</summary>
    public static int OneOf(ref Utf8JsonReader value, string name, params ReadOnlySpan<string> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            if (value.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && value.ValueTextEquals(words[i]))
            {
                return i;
            }
        }
        throw Wrong(ref value, name, string.Join(" or ", words.ToArray().Select(word => $"'{word}'")));
    }

    /// <summary>A list of at most <paramref name="most"/> items: texts, none of them empty, as UTF-8, and token ids.</summary>
    public static (byte[][] Texts, int[] Ids) TextsAndIds(ref Utf8JsonReader value, string name, int most)
    {
        var texts = new List<byte[]>();
        var ids = new List<int>();
        for (int i = 0; NextItem(ref value, name, i, most); i++)
        {
            if (value.TokenType == JsonTokenType.String && !value.ValueSpan.IsEmpty)
            {
                texts.Add(Encoding.UTF8.GetBytes(value.GetString()!));
            }
            else if (value.TokenType == JsonTokenType.Number && value.TryGetInt32(out int id) && id >= 0)
            {
                ids.Add(id);
            }
            else
            {
                throw Wrong(ref value, $"{name}[{i}]", "a text that is not empty, or a token id");
            }
        }
        return ([.. texts], [.. ids]);
    }

    /// <summary>A list of at most <paramref name="most"/> numbers, rounded to single precision.</summary>
    public static float[] Numbers(ref Utf8JsonReader value, string name, int most)
    {
        var numbers = new List<float>();
        for (int i = 0; NextItem(ref value, name, i, most); i++)
        {
            numbers.Add(Number(ref value, $"{name}[{i}]"));
        }
        return [.. numbers];
    }

    /// <summary>A list of at most <paramref name="most"/> texts.</summary>
    public static string[] Texts(ref Utf8JsonReader value, string name, int most)
    {
        var texts = new List<string>();
        for (int i = 0; NextItem(ref value, name, i, most); i++)
        {
            texts.Add(value.TokenType == JsonTokenType.String ? value.GetString()! : throw Wrong(ref value, $"{name}[{i}]", "a text"));
        }
        return [.. texts];
    }

    /// <summary>An object of at most <paramref name="most"/> numbers by token ids; null, as JSON has no infinity: minus infinity.</summary>
    public static (int Id, float Number)[] NumbersById(ref Utf8JsonReader value, string name, int most)
    {
        if (value.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(ref value, name, "an object of numbers by token ids");
        }
        var numbers = new List<(int, float)>();
        while (value.Read() && value.TokenType == JsonTokenType.PropertyName)
        {
            if (numbers.Count == most)
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"{name}: more than {most} tokens");
            }
            if (!int.TryParse(value.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                throw Wrong(ref value, $"a name in {name}", "a token id");
            }
            value.Read();
            numbers.Add((id, value.TokenType == JsonTokenType.Null ? float.NegativeInfinity : Number(ref value, $"{name} of token {id}")));
        }
        return [.. numbers];
    }

    /// <summary>Goes to the next item of a list.</summary>
    /// <param name="value">Stands at the list's beginning, or at the end of an item.</param>
    /// <param name="name">Of the option.</param>
    /// <param name="index">Of the item to come.</param>
    /// <param name="most">Items at most.</param>
    /// <returns>False: there is none.</returns>
    private static bool NextItem(ref Utf8JsonReader value, string name, int index, int most)
    {
        if (index == 0 && value.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong(ref value, name, "a list");
        }
        value.Read();
        if (value.TokenType != JsonTokenType.EndArray && index == most)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{name}: a list of more than {most} items");
        }
        return value.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Whether a text was read that has half of a surrogate pair: JSON can spell it, UTF-8 can't.</summary>
    public static bool IsHalfPair(InvalidOperationException e) => e.Source == "System.Text.Json.Rethrowable";

    /// <summary>Its error.</summary>
    public static RealmException HalfPair(string name) =>
        new(ErrorCode.InvalidArgument, $"{name}: a text has half of a surrogate pair, which is no character");

    /// <summary>The error of a value that does not fit.</summary>
    public static RealmException Wrong(ref Utf8JsonReader value, string name, string expected)
    {
        string got = value.TokenType switch
        {
            JsonTokenType.StartArray => "a list",
            JsonTokenType.StartObject => "an object",
            JsonTokenType.String => $"\"{Shorten(Encoding.UTF8.GetString(value.ValueSpan))}\"",
            _ => Shorten(Encoding.UTF8.GetString(value.ValueSpan)),
        };
        return new RealmException(ErrorCode.InvalidArgument, $"{name} must be {expected}, not {got}");
    }

    private static string Shorten(string text) => text.Length > 40 ? text[..40] + "…" : text;
}
