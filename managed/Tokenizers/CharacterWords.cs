using System.Buffers;

namespace Realm.Tokenizers;

/// <summary>
/// Words of a vocabulary whose symbols are characters at first (SentencePiece, and BPE made from it): what is no token in the end
/// falls apart into byte tokens.
/// </summary>
/// <param name="vocabulary">The symbols and merges.</param>
/// <param name="unknown">What stands for a byte that has no token; null: nothing.</param>
internal sealed class CharacterWords(CharacterVocabulary vocabulary, int? unknown) : WordEncoder
{
    private static ReadOnlySpan<byte> Space => "\u2581"u8;

    /// <inheritdoc/>
    public override int Find(ReadOnlySpan<byte> word) => vocabulary.FindToken(word);

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> word, bool plain, List<int> output)
    {
        while (word.Length > 0)
        {
            int length = vocabulary.CutsAtSpaces ? SpacedWordLength(word) : word.Length;
            EncodeOne(word[..length], plain, output);
            word = word[length..];
        }
    }

    /// <summary>The spaces at the beginning and all until the next space.</summary>
    private static int SpacedWordLength(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (text[at..].StartsWith(Space))
        {
            at += Space.Length;
        }
        int word = text[at..].IndexOf(Space);
        return word < 0 ? text.Length : at + word;
    }

    private void EncodeOne(ReadOnlySpan<byte> word, bool plain, List<int> output)
    {
        const int onStack = 128;
        int[]? rented = word.Length <= onStack ? null : ArrayPool<int>.Shared.Rent(word.Length);
        Span<int> symbols = rented is null ? stackalloc int[onStack] : rented;
        int count = 0;
        for (int at = 0; at < word.Length;)
        {
            int length = CharacterVocabulary.CharacterLength(word, at);
            symbols[count++] = vocabulary.Symbol(word.Slice(at, length));
            at += length;
        }
        MergeTable merges = plain ? vocabulary.PlainMerges : vocabulary.Merges;
        symbols = symbols[..WordMerger.Merge(merges, symbols[..count])];
        int position = 0;
        foreach (int symbol in symbols)
        {
            int length = symbol == CharacterVocabulary.UnknownSymbol
                ? CharacterVocabulary.CharacterLength(word, position)
                : vocabulary.LengthOf(symbol);
            if (symbol < vocabulary.Tokens)
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

    private void AppendBytes(ReadOnlySpan<byte> character, List<int> output)
    {
        foreach (byte b in character)
        {
            if ((vocabulary.ByteToken(b) is >= 0 and int token ? token : unknown) is { } id)
            {
                output.Add(id);
            }
        }
    }
}
