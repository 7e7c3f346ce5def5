namespace Realm.Grammars;

/// <summary>An automaton that takes well-formed UTF-8, each character in its one form. State 0 stands between characters.</summary>
internal static class Utf8Phase
{
    // Bytes still to come: 1 to 3 of any value; 4 to 7 the second byte of E0, ED, F0 and F4, which is bounded so that no character has two
    // forms.
    private const int AfterE0 = 4, AfterED = 5, AfterF0 = 6, AfterF4 = 7;

    /// <summary>The most bytes that may be missing of a character.</summary>
    public const int MostToCome = 3;

    /// <summary>The state behind a byte, or -1.</summary>
    public static int Next(int state, byte value) => state switch
    {
        0 => value switch
        {
            < 0x80 => 0,
            < 0xC2 => -1,
            < 0xE0 => 1,
            0xE0 => AfterE0,
            0xED => AfterED,
            < 0xF0 => 2,
            0xF0 => AfterF0,
            < 0xF4 => 3,
            0xF4 => AfterF4,
            _ => -1,
        },
        AfterE0 => value is >= 0xA0 and <= 0xBF ? 1 : -1,
        AfterED => value is >= 0x80 and <= 0x9F ? 1 : -1,
        AfterF0 => value is >= 0x90 and <= 0xBF ? 2 : -1,
        AfterF4 => value is >= 0x80 and <= 0x8F ? 2 : -1,
        _ => value is >= 0x80 and <= 0xBF ? state - 1 : -1,
    };
}
