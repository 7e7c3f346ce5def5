using System.Buffers;
using System.Text;
using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// SentencePiece unigram (<c>tokenizer.ggml.model</c> "t5"): of all ways to cut a normalized text into tokens, the one with the
/// highest sum of scores (log probabilities), found by Viterbi's algorithm from left to right.
/// </summary>
internal sealed class UnigramTokenizer : Tokenizer
{
    /// <summary>What a character without a token costs beyond the least probable token, as in SentencePiece.</summary>
    private const float UnknownPenalty = 10;

    /// <summary>How many positions have a score at a time: more than the longest token has bytes.</summary>
    private const int Window = 2 * TokenTrie.MaxTokenBytes;

    private readonly TokenTrie _tokens;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly TokenTrie _userDefined;
    private readonly CharacterMap? _map;
    private readonly bool _prefix, _mergesSpaces;

    private UnigramTokenizer(GgufMetadata metadata, Vocabulary vocabulary, bool mergesSpaces)
        : base(metadata, vocabulary, new Conventions
        {
            AddEos = true,
            TextPrefix = mergesSpaces ? TextPrefix.EachText : TextPrefix.WhereAsked,
        }, TokenTexts.Spaced)
    {
        _mergesSpaces = mergesSpaces;
        _prefix = SpacePrefix;
        _map = CharacterMap.Read(metadata);
        _scores = vocabulary.ReadScores(metadata);
        TokenAttributes[] attributes = vocabulary.Attributes;
        float least = float.MaxValue;
        for (int id = 0; id < attributes.Length; id++)
        {
            if ((attributes[id] & TokenAttributes.Normal) != 0)
            {
                least = Math.Min(least, (float)_scores[id]);
            }
            if ((attributes[id] & TokenAttributes.UserDefined) != 0)
            {
                _scores[id] = 0; // preferred: the others are below
            }
        }
        _unknownScore = least - UnknownPenalty;
        _tokens = new TokenTrie(vocabulary.Texts,
            id => (attributes[id] & (TokenAttributes.Normal | TokenAttributes.UserDefined | TokenAttributes.Unused)) != 0);
        _userDefined = new TokenTrie(vocabulary.Texts, id => (attributes[id] & TokenAttributes.UserDefined) != 0);
    }

    /// <summary>Reads a unigram tokenizer.</summary>
    /// <exception cref="RealmException">E_VOCAB: contradictory tables.</exception>
    public static new UnigramTokenizer Create(GgufMetadata metadata) =>
        // T5's numbers.
        new(metadata, Vocabulary.Read(metadata, new SpecialIds { Padding = 0, Eos = 1, Unknown = 2 }),
            metadata.Flag("tokenizer.ggml.remove_extra_whitespaces") ?? false);

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output)
    {
        ReadOnlySpan<byte> normalized = Normalize(text);
        // The best token that ends at each position, and its length.
        int[] tokens = new int[normalized.Length + 1];
        ushort[] lengths = new ushort[normalized.Length + 1];
        Search(normalized, plain, tokens, lengths);
        int first = output.Count;
        int unknown = UnknownId ?? -1;
        bool afterUnknown = false;
        for (int at = normalized.Length; at > 0; at -= lengths[at])
        {
            bool isUnknown = tokens[at] == unknown;
            // What is unknown in a row is one token.
            if (!(isUnknown && (afterUnknown || unknown < 0)))
            {
                output.Add(tokens[at]);
            }
            afterUnknown = isUnknown;
        }
        output.Reverse(first, output.Count - first);
    }

    private void Search(ReadOnlySpan<byte> text, bool plain, Span<int> tokens, Span<ushort> lengths)
    {
        int unknown = UnknownId ?? -1;
        // Of a position, at its number modulo the window.
        double[] best = new double[Window];
        best.AsSpan().Fill(double.MinValue);
        best[0] = 0;
        for (int at = 0; at < text.Length;)
        {
            int character = CharacterVocabulary.CharacterLength(text, at);
            double score = best[at % Window];
            bool known = false;
            int state = 0;
            for (int i = at; i < text.Length && (state = _tokens.Next(state, text[i])) != 0; i++)
            {
                int token = _tokens.TokenAt(state);
                if (token < 0 || (plain && Markers[token]))
                {
                    continue;
                }
                known |= i + 1 - at == character;
                Offer(i + 1, score + _scores[token], token, at, tokens, lengths);
            }
            if (!known)
            {
                Offer(at + character, score + _unknownScore, unknown, at, tokens, lengths);
            }
            for (int next = at + character; at < next; at++)
            {
                best[at % Window] = double.MinValue;
            }
        }

        void Offer(int end, double score, int token, int start, Span<int> tokens, Span<ushort> lengths)
        {
            if (score > best[end % Window])
            {
                best[end % Window] = score;
                tokens[end] = token;
                lengths[end] = (ushort)(end - start);
            }
        }
    }

    /// <summary>Replaces as the map says, writes spaces, and merges them where the file says so.</summary>
    private ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> space = "\u2581"u8;
        var normalized = new ArrayBufferWriter<byte>(text.Length + text.Length / 2 + space.Length);
        bool prefix = _prefix;
        bool inWord = false;
        while (text.Length > 0)
        {
            ReadOnlySpan<byte> next = NormalizeFirst(text, out int consumed);
            foreach (byte b in next)
            {
                if (b == ' ')
                {
                    inWord = false;
                    if (!_mergesSpaces)
                    {
                        normalized.Write(space);
                    }
                    continue;
                }
                if (!inWord)
                {
                    inWord = true;
                    if (prefix || _mergesSpaces)
                    {
                        normalized.Write(space);
                        prefix = false;
                    }
                }
                normalized.GetSpan(1)[0] = b;
                normalized.Advance(1);
            }
            text = text[consumed..];
        }
        return normalized.WrittenSpan;
    }

    /// <summary>What a text begins with, normalized.</summary>
    private ReadOnlySpan<byte> NormalizeFirst(ReadOnlySpan<byte> text, out int consumed)
    {
        // As far as it agrees with some user-defined token, it stays as it is (whole ones have been cut out before).
        consumed = 0;
        for (int state = 0; consumed < text.Length && (state = _userDefined.Next(state, text[consumed])) != 0; consumed++)
        {
        }
        if (consumed > 0)
        {
            return text[..consumed];
        }
        if (_map is not null)
        {
            ReadOnlySpan<byte> replacement = _map.Find(text, out consumed);
            if (consumed > 0)
            {
                return replacement;
            }
        }
        if (Rune.DecodeFromUtf8(text, out _, out consumed) == OperationStatus.Done)
        {
            return text[..consumed];
        }
        consumed = 1;
        return "\uFFFD"u8;
    }
}
