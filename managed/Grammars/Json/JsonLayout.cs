namespace Realm.Grammars.Json;

/// <summary>The white space between the parts of a value.</summary>
public enum JsonWhitespace
{
    /// <summary>None.</summary>
    Compact,
    /// <summary>A blank behind each comma and colon.</summary>
    Spaced,
    /// <summary>Any, but no more than <see cref="JsonLayout.LongestSpace"/> characters in a place.</summary>
    Flexible,
}

/// <summary>Commas, colons and brackets with the white space around them.</summary>
internal sealed class JsonLayout
{
    /// <summary>No run of white space is longer: models that like it could go on for ever.</summary>
    public const int LongestSpace = 20;

    private readonly ExpressionStore _store;
    private readonly int _space;

    public JsonLayout(ExpressionStore store, JsonWhitespace whitespace)
    {
        _store = store;
        bool isFlexible = whitespace == JsonWhitespace.Flexible;
        ByteSet blanks = ByteSet.Of((byte)' ') | ByteSet.Of((byte)'\n') | ByteSet.Of((byte)'\r') | ByteSet.Of((byte)'\t');
        _space = isFlexible ? store.Repeat(store.Bytes(blanks), 0, LongestSpace) : ExpressionStore.Empty;
        PlainComma = whitespace == JsonWhitespace.Spaced ? [.. ", "u8] : [.. ","u8];
        PlainColon = whitespace == JsonWhitespace.Spaced ? [.. ": "u8] : [.. ":"u8];
        IsFlexible = isFlexible;
        Comma = isFlexible ? store.Sequence(_space, store.Literal(","u8), _space) : store.Literal(PlainComma);
        Colon = isFlexible ? store.Sequence(_space, store.Literal(":"u8), _space) : store.Literal(PlainColon);
    }

    public bool IsFlexible { get; }

    /// <summary>What is written where the layout leaves a choice: within a value that is given.</summary>
    public byte[] PlainComma { get; }

    public byte[] PlainColon { get; }

    public int Comma { get; }

    public int Colon { get; }

    /// <summary>Something between two brackets.</summary>
    public int Within(byte open, int content, byte close)
    {
        return _store.Sequence(_store.Literal([open]), _space, content, _space, _store.Literal([close]));
    }
}
