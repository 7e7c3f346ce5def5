using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// The tokens of a file, checked: texts as the file writes them, what each token is, and which have a role.
/// Lives while a tokenizer is built; the tokenizer keeps its own compact form.
/// </summary>
internal sealed class Vocabulary
{
    /// <summary>The most tokens a vocabulary may have; the largest known ones have 2^18.</summary>
    private const int MaxTokens = 1 << 22;
    private const string TokensKey = "tokenizer.ggml.tokens";
    private const string TypesKey = "tokenizer.ggml.token_type";
    private const string ScoresKey = "tokenizer.ggml.scores";
    private const string SuppressKey = "tokenizer.ggml.suppress_tokens";

    private Vocabulary(byte[][] texts, TokenAttributes[] attributes, SpecialIds ids, int[] suppressed)
    {
        Texts = RenderedTexts = texts;
        Attributes = attributes;
        Ids = ids;
        Suppressed = suppressed;
        foreach (byte[] text in texts)
        {
            // Metadata is limited to far less than an int holds.
            TextBytes = checked(TextBytes + text.Length);
            LongestText = Math.Max(LongestText, text.Length);
        }
        Known = KnownTokens.Find(texts);
        EndOfGeneration = KnownTokens.Assign(Known, ids, attributes);
    }

    /// <summary>The texts, UTF-8 as in the file; those of a byte-level vocabulary are in GPT-2's alphabet.</summary>
    public byte[][] Texts { get; }

    /// <summary>What tokens are rendered from: the same, unless the kind of tokenizer marks some texts. Never longer.</summary>
    public byte[][] RenderedTexts { get; set; }

    /// <summary>The bytes of all texts together.</summary>
    public int TextBytes { get; }

    /// <summary>The bytes of the longest text.</summary>
    public int LongestText { get; }

    public TokenAttributes[] Attributes { get; }

    public SpecialIds Ids { get; }

    /// <summary>Ids of the tokens with well-known texts.</summary>
    public Dictionary<string, int> Known { get; }

    public HashSet<int> EndOfGeneration { get; }

    /// <summary>Tokens that the model must not generate.</summary>
    public int[] Suppressed { get; }

    /// <summary>Reads the vocabulary of a file.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="defaults">The ids that this kind of tokenizer has when the file names none.</param>
    /// <exception cref="RealmException">E_VOCAB: missing, or in contradiction with itself.</exception>
    public static Vocabulary Read(GgufMetadata metadata, SpecialIds defaults)
    {
        if (metadata.Count(TokensKey) > MaxTokens)
        {
            throw WrongCount(metadata.Count(TokensKey));
        }
        byte[][] texts = metadata.Texts(TokensKey)
            ?? throw new RealmException(ErrorCode.Vocab, $"{TokensKey} is missing, though the file names a tokenizer");
        if (texts.Length == 0)
        {
            throw WrongCount(0);
        }
        TokenAttributes[] attributes = ReadAttributes(metadata, texts.Length);
        defaults.Read(metadata, texts.Length);
        var vocabulary = new Vocabulary(texts, attributes, defaults, ReadSuppressed(metadata, texts.Length));
        StripRules.Apply(metadata, vocabulary);
        return vocabulary;
    }

    /// <summary>The token with exactly this text in the file, or -1. Looks through all of them.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        for (int id = 0; id < Texts.Length; id++)
        {
            if (text.SequenceEqual(Texts[id]))
            {
                return id;
            }
        }
        return -1;
    }

    /// <summary>
    /// Whether a token marks something in a conversation, so that text from users must not make it: control and unknown tokens, and
    /// user-defined ones that look like a tag. User-defined tokens that are just text (runs of spaces, names) do no harm.
    /// </summary>
    public bool IsMarker(int id)
    {
        if ((Attributes[id] & TokenAttributes.Hidden) != 0)
        {
            return true;
        }
        ReadOnlySpan<byte> text = Texts[id];
        return (Attributes[id] & TokenAttributes.UserDefined) != 0
            && ((text.IndexOf((byte)'<') is >= 0 and int open && text[open..].Contains((byte)'>'))
                || text is [(byte)'[', _, .., (byte)']']);
    }

    /// <summary><see cref="IsMarker"/> of all tokens.</summary>
    public bool[] Markers()
    {
        var markers = new bool[Texts.Length];
        for (int id = 0; id < markers.Length; id++)
        {
            markers[id] = IsMarker(id);
        }
        return markers;
    }

    /// <summary>The tokens' scores.</summary>
    /// <exception cref="RealmException">E_VOCAB: there are too few, or one is no number.</exception>
    public double[] ReadScores(GgufMetadata metadata)
    {
        double[] scores = metadata.Numbers(ScoresKey, Texts.Length)
            ?? throw new RealmException(ErrorCode.Vocab, $"{ScoresKey} is missing, though tokenizer.ggml.model is one that goes by scores");
        if (scores.Length < Texts.Length)
        {
            throw new RealmException(ErrorCode.Vocab, $"{ScoresKey} has {scores.Length} entries for {Texts.Length} tokens");
        }
        int odd = Array.FindIndex(scores, 0, Texts.Length, score => !double.IsFinite(score));
        return odd < 0 ? scores : throw new RealmException(ErrorCode.Vocab, $"{ScoresKey}[{odd}] is {scores[odd]}");
    }

    /// <summary>The byte that a token of type "byte" stands for: its text is "&lt;0x" + two upper-case hex digits + "&gt;".</summary>
    public byte ByteOf(int id)
    {
        byte[] text = Texts[id];
        if (text.Length == 6 && text.AsSpan(0, 3).SequenceEqual("<0x"u8) && text[5] == '>'
            && char.IsAsciiHexDigitUpper((char)text[3]) && char.IsAsciiHexDigitUpper((char)text[4]))
        {
            return (byte)((Hex(text[3]) << 4) | Hex(text[4]));
        }
        throw new RealmException(ErrorCode.Vocab,
            $"token {id} is of type byte, so its text must be like <0x0A>; it is {Quoted.Name(text)}");

        static int Hex(byte digit) => digit <= '9' ? digit - '0' : digit - 'A' + 10;
    }

    private static RealmException WrongCount(int count) => new(ErrorCode.Vocab, $"{TokensKey} has {count} tokens; expected 1 to {MaxTokens}");

    private static TokenAttributes[] ReadAttributes(GgufMetadata metadata, int count)
    {
        var attributes = new TokenAttributes[count];
        if (metadata.Integers(TypesKey, count) is not { } types)
        {
            attributes.AsSpan().Fill(TokenAttributes.Normal);
            return attributes;
        }
        if (types.Length < count)
        {
            throw new RealmException(ErrorCode.Vocab, $"{TypesKey} has {types.Length} entries for {count} tokens");
        }
        for (int id = 0; id < count; id++)
        {
            // Numbers that the format does not define read as undefined: a newer file with a new type still loads.
            attributes[id] = types[id] switch
            {
                1 => TokenAttributes.Normal,
                2 => TokenAttributes.Unknown,
                3 => TokenAttributes.Control,
                4 => TokenAttributes.UserDefined,
                5 => TokenAttributes.Unused,
                6 => TokenAttributes.Byte,
                _ => TokenAttributes.Undefined,
            };
        }
        return attributes;
    }

    private static int[] ReadSuppressed(GgufMetadata metadata, int count)
    {
        if (metadata.Count(SuppressKey) > count)
        {
            throw new RealmException(ErrorCode.Vocab, $"{SuppressKey} has {metadata.Count(SuppressKey)} ids, the vocabulary has {count} tokens");
        }
        long[] ids = metadata.Integers(SuppressKey) ?? [];
        var suppressed = new int[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] < 0 || ids[i] >= count)
            {
                throw new RealmException(ErrorCode.Vocab, $"{SuppressKey}[{i}] is {ids[i]}, but the vocabulary has {count} tokens");
            }
            suppressed[i] = (int)ids[i];
        }
        return suppressed;
    }
}
