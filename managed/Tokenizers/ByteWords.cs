using System.Buffers;

namespace Realm.Tokenizers;

/// <summary>Words of a byte-level vocabulary: symbols are bytes at first.</summary>
internal sealed class ByteWords(BytePairVocabulary vocabulary) : WordEncoder
{
    /// <inheritdoc/>
    public override int Find(ReadOnlySpan<byte> word) => vocabulary.FindToken(word);

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> word, bool plain, List<int> output)
    {
        const int onStack = 128;
        int[]? rented = word.Length <= onStack ? null : ArrayPool<int>.Shared.Rent(word.Length);
        Span<int> symbols = rented is null ? stackalloc int[onStack] : rented;
        symbols = symbols[..word.Length];
        vocabulary.ToSymbols(word, symbols);
        int count = WordMerger.Merge(plain ? vocabulary.PlainMerges : vocabulary.Merges, symbols);
        vocabulary.AppendTokens(symbols[..count], output);
        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }
}
