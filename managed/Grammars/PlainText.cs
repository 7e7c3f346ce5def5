namespace Realm.Grammars;

/// <summary>
/// An automaton that takes UTF-8 without what a JSON string must escape: quotes, backslashes, control characters. State 0 stands between
/// characters.
/// </summary>
internal static class PlainText
{
    /// <summary>Ranges of bytes that no state tells apart.</summary>
    public static readonly (byte First, byte Last)[] Classes =
    [
        (0x20, 0x21), (0x23, 0x5B), (0x5D, 0x7F), (0x80, 0x8F), (0x90, 0x9F), (0xA0, 0xBF), (0xC2, 0xDF), (0xE0, 0xE0), (0xE1, 0xEC),
        (0xED, 0xED), (0xEE, 0xEF), (0xF0, 0xF0), (0xF1, 0xF3), (0xF4, 0xF4),
    ];

    /// <summary>The bytes that begin a character.</summary>
    public static readonly ByteSet Heads = HeadsOf();

    /// <summary>The state behind a byte, or -1.</summary>
    public static int Next(int state, byte value) => value is (byte)'"' or (byte)'\\' or < 0x20 ? -1 : Utf8Phase.Next(state, value);

    /// <summary>The characters of a text; -1 where it is none, or ends within a character.</summary>
    public static int Characters(ReadOnlySpan<byte> text)
    {
        int state = 0, characters = 0;
        foreach (byte value in text)
        {
            state = Next(state, value);
            if (state < 0)
            {
                return -1;
            }
            characters += state == 0 ? 1 : 0;
        }
        return state == 0 ? characters : -1;
    }

    private static ByteSet HeadsOf()
    {
        ByteSet heads = default;
        for (int value = 0; value < 256; value++)
        {
            heads |= Next(0, (byte)value) >= 0 ? ByteSet.Of((byte)value) : default;
        }
        return heads;
    }
}
