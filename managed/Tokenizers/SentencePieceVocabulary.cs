namespace Realm.Tokenizers;

/// <summary>
/// A SentencePiece BPE vocabulary as merges. The file has scores instead of merges: two neighbours merge when their texts
/// together are a token, the highest score first. So each way to cut a token in two known texts is a merge, whose rank is
/// the place of the token's score.
/// </summary>
internal sealed class SentencePieceVocabulary
{
    /// <summary>A character that is in no token: never merges.</summary>
    public const int UnknownSymbol = int.MaxValue;

    /// <summary>Tokens are tried at each cut, so their length counts twice; real ones have up to two hundred bytes.</summary>
    private const int MaxTokenBytes = 512;

    private readonly ByteStrings _symbols;
    private readonly int[] _byteTokens = new int[256]; // -1: none

    /// <summary>Builds the tables.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="scores">A score for each.</param>
    public SentencePieceVocabulary(Vocabulary vocabulary, double[] scores)
    {
        Tokens = vocabulary.Texts.Length;
        _symbols = new ByteStrings(Tokens, vocabulary.TextBytes);
        foreach (byte[] text in vocabulary.Texts)
        {
            if (text.Length == 0)
            {
                _symbols.AddUnreachable([]);
            }
            else
            {
                _symbols.TryAdd(text);
            }
        }
        FindByteTokens();
        int[] ranks = Ranks(scores.AsSpan(0, Tokens));
        var merges = new List<(int Left, int Right, int Token)>(Tokens * 3);
        CutsAtSpaces = true;
        for (int id = 0; id < Tokens; id++)
        {
            byte[] text = vocabulary.Texts[id];
            if (text.Length > MaxTokenBytes && (vocabulary.Attributes[id] & TokenAttributes.Special) == 0)
            {
                throw new RealmException(ErrorCode.Limit, $"token {id} has {text.Length} bytes; at most {MaxTokenBytes} are supported");
            }
            if (text.Length <= MaxTokenBytes && _symbols.Find(text) == id)
            {
                AddCuts(text, id, merges);
                CutsAtSpaces &= !HasSpaceInside(text);
            }
        }
        Merges = new MergeTable(merges.Count);
        foreach ((int left, int right, int token) in merges)
        {
            Merges.Add(left, right, ranks[token], token);
        }
    }

    /// <summary>How many tokens there are; symbols from here on are characters that are only part of tokens.</summary>
    public int Tokens { get; }

    public MergeTable Merges { get; }

    /// <summary>
    /// Whether no token has a (written) space behind another character, as in nearly all vocabularies: then no merge
    /// crosses the beginning of a word, and words can be merged one by one with the same result.
    /// </summary>
    public bool CutsAtSpaces { get; }

    /// <summary>The symbol of a character, <see cref="UnknownSymbol"/> when it is in no token.</summary>
    public int Symbol(ReadOnlySpan<byte> character)
    {
        int found = _symbols.Find(character);
        return found < 0 ? UnknownSymbol : found;
    }

    /// <summary>The length in bytes of a symbol other than <see cref="UnknownSymbol"/>.</summary>
    public int LengthOf(int symbol) => _symbols[symbol].Length;

    /// <summary>The token for a byte, -1 when there is none.</summary>
    public int ByteToken(byte b) => _byteTokens[b];

    /// <summary>
    /// The length of the character that begins with a byte, by that byte alone: what follows is not looked at, and a stray
    /// continuation byte is a character.
    /// </summary>
    public static int CharacterLength(ReadOnlySpan<byte> text, int at)
    {
        int length = text[at] switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        return Math.Min(length, text.Length - at);
    }

    private void FindByteTokens()
    {
        for (int b = 0; b < 256; b++)
        {
            int hex = _symbols.Find(System.Text.Encoding.ASCII.GetBytes($"<0x{b:X2}>"));
            _byteTokens[b] = hex >= 0 ? hex : _symbols.Find([(byte)b]);
        }
    }

    private void AddCuts(byte[] text, int id, List<(int Left, int Right, int Token)> merges)
    {
        int first = CharacterLength(text, 0);
        for (int cut = first; cut < text.Length; cut += CharacterLength(text, cut))
        {
            // A half is a token or a single character; the character may be no token.
            int left = cut == first ? _symbols.Intern(text.AsSpan(0, cut)) : _symbols.Find(text.AsSpan(0, cut));
            if (left < 0)
            {
                continue;
            }
            bool single = cut + CharacterLength(text, cut) == text.Length;
            int right = single ? _symbols.Intern(text.AsSpan(cut)) : _symbols.Find(text.AsSpan(cut));
            if (right >= 0)
            {
                merges.Add((left, right, id));
            }
        }
    }

    private static bool HasSpaceInside(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> space = "\u2581"u8;
        while (text.StartsWith(space))
        {
            text = text[space.Length..];
        }
        return text.IndexOf(space) >= 0;
    }

    /// <summary>The place of each score among all different ones, the highest first.</summary>
    private static int[] Ranks(ReadOnlySpan<double> scores)
    {
        var keys = new double[scores.Length];
        var ids = new int[scores.Length];
        for (int id = 0; id < ids.Length; id++)
        {
            if (!double.IsFinite(scores[id]))
            {
                throw new RealmException(ErrorCode.Vocab, $"tokenizer.ggml.scores[{id}] is {scores[id]}");
            }
            keys[id] = -scores[id];
            ids[id] = id;
        }
        MemoryExtensions.Sort(keys.AsSpan(), ids.AsSpan());
        var ranks = new int[ids.Length];
        for (int i = 1, rank = 0; i < ids.Length; i++)
        {
            rank += keys[i] > keys[i - 1] ? 1 : 0;
            ranks[ids[i]] = rank;
        }
        return ranks;
    }
}
