using System.Buffers;
using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// SentencePiece BPE (<c>tokenizer.ggml.model</c> "llama"): spaces are written U+2581, characters merge by score, and what
/// is no token falls apart into byte tokens.
/// </summary>
internal sealed class SentencePieceTokenizer : Tokenizer
{
    private const string ScoresKey = "tokenizer.ggml.scores";
    private const int SpaceLength = 3;

    private readonly SentencePieceVocabulary _pieces;
    private readonly bool _spacePrefix;

    private SentencePieceTokenizer(GgufMetadata metadata, Vocabulary vocabulary, double[] scores)
        : base(metadata, vocabulary, new Conventions { AddBos = true, SpacePrefix = true })
    {
        _pieces = new SentencePieceVocabulary(vocabulary, scores);
        _spacePrefix = SpacePrefix;
    }

    private static ReadOnlySpan<byte> Space => "\u2581"u8;

    /// <summary>Reads a SentencePiece tokenizer.</summary>
    /// <exception cref="RealmException">E_VOCAB: contradictory tables.</exception>
    public static new SentencePieceTokenizer Create(GgufMetadata metadata)
    {
        // Llama's first three tokens.
        var vocabulary = Vocabulary.Read(metadata, new SpecialIds { Unknown = 0, Bos = 1, Eos = 2 });
        double[] scores = metadata.Numbers(ScoresKey)
            ?? throw new RealmException(ErrorCode.Vocab, $"{ScoresKey} is missing, though tokenizer.ggml.model is SentencePiece");
        if (scores.Length < vocabulary.Texts.Length)
        {
            throw new RealmException(ErrorCode.Vocab, $"{ScoresKey} has {scores.Length} entries for {vocabulary.Texts.Length} tokens");
        }
        return new SentencePieceTokenizer(metadata, vocabulary, scores);
    }

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, List<int> output)
    {
        byte[] written = WriteSpaces(text, _spacePrefix && afterSpecial);
        ReadOnlySpan<byte> rest = written;
        while (rest.Length > 0)
        {
            int word = _pieces.CutsAtSpaces ? WordLength(rest) : rest.Length;
            EncodeWord(rest[..word], output);
            rest = rest[word..];
        }
    }

    /// <inheritdoc/>
    private protected override ReadOnlySpan<byte> Render(Vocabulary vocabulary, int id, Span<byte> scratch)
    {
        TokenAttributes attributes = vocabulary.Attributes[id];
        ReadOnlySpan<byte> text = vocabulary.Texts[id];
        if ((attributes & TokenAttributes.Special) != 0)
        {
            return text;
        }
        if ((attributes & TokenAttributes.Normal) != 0)
        {
            return scratch[..ReadSpaces(text, scratch)];
        }
        return (attributes & TokenAttributes.Byte) != 0 ? new byte[] { vocabulary.ByteOf(id) } : [];
    }

    /// <summary>The text with its written spaces as spaces again.</summary>
    internal static int ReadSpaces(ReadOnlySpan<byte> text, Span<byte> plain)
    {
        int length = 0;
        for (int at = 0; at < text.Length;)
        {
            bool space = text[at..].StartsWith(Space);
            plain[length++] = space ? (byte)' ' : text[at];
            at += space ? SpaceLength : 1;
        }
        return length;
    }

    private static byte[] WriteSpaces(ReadOnlySpan<byte> text, bool prefix)
    {
        int spaces = text.Count((byte)' ') + (prefix ? 1 : 0);
        var written = new byte[checked(text.Length + (prefix ? 1 : 0) + spaces * (SpaceLength - 1))];
        int at = 0;
        if (prefix)
        {
            Space.CopyTo(written);
            at = SpaceLength;
        }
        foreach (byte b in text)
        {
            if (b == ' ')
            {
                Space.CopyTo(written.AsSpan(at));
                at += SpaceLength;
            }
            else
            {
                written[at++] = b;
            }
        }
        return written;
    }

    /// <summary>The spaces at the beginning and all until the next space.</summary>
    private static int WordLength(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (text[at..].StartsWith(Space))
        {
            at += SpaceLength;
        }
        int word = text[at..].IndexOf(Space);
        return word < 0 ? text.Length : at + word;
    }

    private void EncodeWord(ReadOnlySpan<byte> word, List<int> output)
    {
        const int onStack = 128;
        int[]? rented = word.Length <= onStack ? null : ArrayPool<int>.Shared.Rent(word.Length);
        Span<int> symbols = rented is null ? stackalloc int[onStack] : rented;
        int count = 0;
        for (int at = 0; at < word.Length;)
        {
            int length = SentencePieceVocabulary.CharacterLength(word, at);
            symbols[count++] = _pieces.Symbol(word.Slice(at, length));
            at += length;
        }
        symbols = symbols[..WordMerger.Merge(_pieces.Merges, symbols[..count], tied: true)];
        int position = 0;
        foreach (int symbol in symbols)
        {
            int length = symbol == SentencePieceVocabulary.UnknownSymbol
                ? SentencePieceVocabulary.CharacterLength(word, position)
                : _pieces.LengthOf(symbol);
            if (symbol < _pieces.Tokens)
            {
                output.Add(symbol);
            }
            else
            {
                AppendBytes(word.Slice(position, length), output);
            }
            position += length;
        }
        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    /// <summary>Byte tokens; a vocabulary without them says "unknown", if it can.</summary>
    private void AppendBytes(ReadOnlySpan<byte> character, List<int> output)
    {
        foreach (byte b in character)
        {
            if ((_pieces.ByteToken(b) is >= 0 and int token ? token : UnknownId) is { } id)
            {
                output.Add(id);
            }
        }
    }
}
