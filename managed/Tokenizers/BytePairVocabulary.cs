using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// The symbols of byte-pair encoding and how they merge. Symbols below the vocabulary's size are tokens; merges may pass
/// through byte strings that are no token, and those get the numbers after.
/// </summary>
internal sealed class BytePairVocabulary
{
    private readonly ByteStrings _symbols;
    private readonly int _tokens;
    private readonly int[] _bytes = new int[256];
    private readonly bool _duplicates;
    private int _lastMerged;

    /// <summary>Builds the tables.</summary>
    /// <exception cref="RealmException">E_VOCAB: a merge is not two texts with a space between them.</exception>
    public BytePairVocabulary(Vocabulary vocabulary, byte[][] merges)
    {
        _tokens = vocabulary.Texts.Length;
        _symbols = new ByteStrings(_tokens + 256, vocabulary.TextBytes + 256);
        int longest = vocabulary.LongestText;
        foreach (byte[] merge in merges)
        {
            longest = Math.Max(longest, merge.Length);
        }
        byte[] bytes = new byte[longest];
        foreach (byte[] text in vocabulary.Texts)
        {
            // A token outside of the alphabet keeps its number, but no word can be it.
            if (text.Length > 0 && ByteAlphabet.TryDecode(text, bytes, out int length))
            {
                _duplicates |= !_symbols.TryAdd(bytes.AsSpan(0, length));
            }
            else
            {
                _symbols.AddUnreachable([]);
            }
        }
        for (int b = 0; b < 256; b++)
        {
            _bytes[b] = _symbols.Intern([(byte)b]);
        }
        Merges = new MergeTable(merges.Length);
        bool markers = false;
        for (int rank = 0; rank < merges.Length; rank++)
        {
            AddMerge(merges[rank], rank, bytes);
            markers |= _lastMerged < _tokens && vocabulary.IsMarker(_lastMerged);
        }
        PlainMerges = markers ? Merges.Without(symbol => symbol < _tokens && vocabulary.IsMarker(symbol)) : Merges;
    }

    /// <summary>The merges.</summary>
    public MergeTable Merges { get; }

    /// <summary>Those that make no marker.</summary>
    public MergeTable PlainMerges { get; }

    /// <summary>The token that is exactly this word, or -1.</summary>
    public int FindToken(ReadOnlySpan<byte> word)
    {
        int symbol = _symbols.Find(word);
        return symbol < _tokens ? symbol : -1;
    }

    /// <summary>The symbol of each byte.</summary>
    public void ToSymbols(ReadOnlySpan<byte> word, Span<int> symbols)
    {
        for (int i = 0; i < word.Length; i++)
        {
            symbols[i] = _bytes[word[i]];
        }
    }

    /// <summary>
    /// Appends tokens for symbols. One that is no token falls apart into its bytes; bytes that the vocabulary lacks are
    /// lost, as in every engine.
    /// </summary>
    public void AppendTokens(ReadOnlySpan<int> symbols, List<int> output)
    {
        foreach (int symbol in symbols)
        {
            if (symbol < _tokens)
            {
                output.Add(symbol);
                continue;
            }
            foreach (byte b in _symbols[symbol])
            {
                if (_bytes[b] < _tokens)
                {
                    output.Add(_bytes[b]);
                }
            }
        }
    }

    /// <summary>Where the space is between a merge's two texts.</summary>
    /// <exception cref="RealmException">E_VOCAB: there are no two texts.</exception>
    public static int MiddleOf(ReadOnlySpan<byte> merge, int rank)
    {
        // A space cannot be the left half's first character: it is written otherwise.
        int space = merge.Length > 1 ? merge[1..].IndexOf((byte)' ') + 1 : 0;
        return space > 0 && space < merge.Length - 1 ? space : throw new RealmException(ErrorCode.Vocab,
            $"tokenizer.ggml.merges[{rank}] must be two texts with a space between them; it is {Quoted.Name(merge)}");
    }

    private void AddMerge(byte[] merge, int rank, byte[] bytes)
    {
        int space = MiddleOf(merge, rank);
        // Halves outside of the alphabet never occur in a word.
        if (ByteAlphabet.TryDecode(merge.AsSpan(0, space), bytes, out int left)
            && ByteAlphabet.TryDecode(merge.AsSpan(space + 1), bytes.AsSpan(left), out int right))
        {
            _lastMerged = InternMerged(bytes.AsSpan(0, left + right));
            Merges.Add(_symbols.Intern(bytes.AsSpan(0, left)), _symbols.Intern(bytes.AsSpan(left, right)), rank, _lastMerged);
        }
    }

    /// <summary>
    /// As Intern. Vocabularies are numbered in the order of their merges, so the result is nearly always the last one or
    /// the next, which are in the cache: half of the time it takes to load a large vocabulary.
    /// </summary>
    private int InternMerged(ReadOnlySpan<byte> merged)
    {
        for (int guess = _lastMerged; guess < Math.Min(_lastMerged + 2, _tokens); guess++)
        {
            // A token that is linked; of two equal texts only the first is.
            if (_symbols[guess].SequenceEqual(merged) && !_duplicates)
            {
                return guess;
            }
        }
        return _symbols.Intern(merged);
    }
}
