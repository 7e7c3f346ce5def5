namespace Realm.Tokenizers;

/// <summary>
/// Symbols that begin as characters, and how they merge. Those below <see cref="Tokens"/> are tokens; the ones after are only
/// part of tokens or of merges.
/// </summary>
internal abstract class CharacterVocabulary
{
    /// <summary>A character that is in no token: never merges.</summary>
    public const int UnknownSymbol = int.MaxValue;

    private readonly int[] _byteTokens = new int[256]; // -1: none

    private protected CharacterVocabulary(Vocabulary vocabulary, int expected)
    {
        Tokens = vocabulary.Texts.Length;
        Symbols = new ByteStrings(Tokens + expected, vocabulary.TextBytes);
        foreach (byte[] text in vocabulary.Texts)
        {
            if (text.Length == 0)
            {
                Symbols.AddUnreachable([]);
            }
            else
            {
                Symbols.TryAdd(text);
            }
        }
        for (int b = 0; b < 256; b++)
        {
            _byteTokens[b] = Symbols.Find(System.Text.Encoding.ASCII.GetBytes($"<0x{b:X2}>"));
        }
    }

    /// <summary>How many tokens there are.</summary>
    public int Tokens { get; }

    /// <summary>The merges.</summary>
    public MergeTable Merges { get; private protected init; } = new(0);

    /// <summary>Those that make no marker.</summary>
    public MergeTable PlainMerges { get; private protected init; } = new(0);

    /// <summary>
    /// Whether nothing that merges has a (written) space behind another character, as in nearly all vocabularies: then no merge
    /// crosses the beginning of a word, and words can be merged one by one with the same result.
    /// </summary>
    public bool CutsAtSpaces { get; private protected init; }

    private protected ByteStrings Symbols { get; }

    /// <summary>The symbol of a character, <see cref="UnknownSymbol"/> when it is in no token.</summary>
    public int Symbol(ReadOnlySpan<byte> character)
    {
        int found = Symbols.Find(character);
        return found < 0 ? UnknownSymbol : found;
    }

    /// <summary>The length in bytes of a symbol other than <see cref="UnknownSymbol"/>.</summary>
    public int LengthOf(int symbol) => Symbols[symbol].Length;

    /// <summary>The token that is exactly this text, or -1.</summary>
    public int FindToken(ReadOnlySpan<byte> text)
    {
        int symbol = Symbols.Find(text);
        return symbol < Tokens ? symbol : -1;
    }

    /// <summary>The token for a byte, -1 when there is none.</summary>
    public virtual int ByteToken(byte b) => _byteTokens[b];

    /// <summary>
    /// The length of the character that begins with a byte, by that byte alone: what follows is not looked at, and a stray
    /// continuation byte is a character.
    /// </summary>
    public static int CharacterLength(ReadOnlySpan<byte> text, int at)
    {
        int length = text[at] switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        return Math.Min(length, text.Length - at);
    }
}
