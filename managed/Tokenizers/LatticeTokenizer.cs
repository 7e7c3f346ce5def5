using Realm.Gguf;
using Realm.Tokenizers.Splitters;

namespace Realm.Tokenizers;

/// <summary>
/// PLaMo 2 (<c>tokenizer.ggml.model</c> "plamo2"): of all ways to cut a text into tokens, the one with the highest sum of scores,
/// found from right to left; of equals, at each position the longest token. What is in no token is bytes.
/// </summary>
internal sealed class LatticeTokenizer : Tokenizer
{
    /// <summary>Scores are summed as integers, ten thousandths.</summary>
    private const double Unit = 1e4;

    /// <summary>The score of a character as bytes.</summary>
    private const int BytesScore = -10_000_000;

    /// <summary>A token with this score, or a lower one, is never used.</summary>
    private const int NeverScore = -20_000_000;

    /// <summary>How many positions have a cost at a time: more than the longest token has bytes.</summary>
    private const int Window = 2 * TokenTrie.MaxTokenBytes;

    private readonly TokenTrie _tokens;
    private readonly int[] _scores;
    private readonly int[] _bytes = new int[256];

    private LatticeTokenizer(GgufMetadata metadata, Vocabulary vocabulary)
        : base(metadata, vocabulary, new Conventions { Bare = true }, TokenTexts.Raw)
    {
        _scores = Array.ConvertAll(vocabulary.ReadScores(metadata),
            score => (int)Math.Clamp(Math.Round(score * Unit, MidpointRounding.AwayFromZero), NeverScore, int.MaxValue));
        _bytes.AsSpan().Fill(-1);
        for (int id = 0; id < vocabulary.Texts.Length; id++)
        {
            if ((vocabulary.Attributes[id] & TokenAttributes.Byte) != 0)
            {
                _bytes[vocabulary.ByteOf(id)] = id;
            }
        }
        int missing = _bytes.AsSpan().IndexOf(-1);
        if (missing >= 0)
        {
            throw new RealmException(ErrorCode.Vocab,
                $"the vocabulary has no token of type byte for <0x{missing:X2}>; PLaMo 2 needs all 256");
        }
        _tokens = new TokenTrie(vocabulary.Texts,
            id => (vocabulary.Attributes[id] & TokenAttributes.Byte) == 0 && _scores[id] > NeverScore);
    }

    /// <summary>Reads a PLaMo 2 tokenizer.</summary>
    /// <exception cref="RealmException">E_VOCAB: contradictory tables.</exception>
    public static new LatticeTokenizer Create(GgufMetadata metadata) =>
        new(metadata, Vocabulary.Read(metadata, new SpecialIds { Unknown = 0, Bos = 1, Eos = 2, Padding = 3 }));

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output)
    {
        ReadOnlySpan<byte> mark = "\uFEFF"u8;
        text = text.StartsWith(mark) ? text[mark.Length..] : text;
        // At the beginning of each character: the best token, or -1 for bytes, and how far it goes.
        int[] tokens = new int[text.Length];
        ushort[] lengths = new ushort[text.Length];
        for (int at = 0; at < text.Length;)
        {
            int start = at;
            Scan.CodePoint(text, at, out at);
            lengths[start] = (ushort)(at - start);
        }
        Search(text, plain, tokens, lengths);
        for (int at = 0; at < text.Length; at += lengths[at])
        {
            if (tokens[at] >= 0)
            {
                output.Add(tokens[at]);
                continue;
            }
            foreach (byte b in text.Slice(at, lengths[at]))
            {
                output.Add(_bytes[b]);
            }
        }
    }

    /// <summary>Fills in tokens and lengths, of which there are those of the characters.</summary>
    private void Search(ReadOnlySpan<byte> text, bool plain, Span<int> tokens, Span<ushort> lengths)
    {
        // Of the rest of the text from a position, at its number modulo the window.
        long[] costs = new long[Window];
        for (int at = text.Length - 1; at >= 0; at--)
        {
            int character = lengths[at];
            if (character == 0)
            {
                continue; // inside a character
            }
            long best = costs[(at + character) % Window] - BytesScore;
            tokens[at] = -1;
            int state = 0;
            for (int i = at; i < text.Length && (state = _tokens.Next(state, text[i])) != 0; i++)
            {
                int token = _tokens.TokenAt(state);
                if (token < 0 || (plain && Markers[token]))
                {
                    continue;
                }
                long cost = costs[(i + 1) % Window] - _scores[token];
                if (cost <= best)
                {
                    best = cost;
                    tokens[at] = token;
                    lengths[at] = (ushort)(i + 1 - at);
                }
            }
            costs[at % Window] = best;
        }
    }
}
