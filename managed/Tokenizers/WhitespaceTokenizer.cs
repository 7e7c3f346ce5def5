using System.Text;
using Realm.Gguf;
using Realm.Tokenizers.Splitters;

namespace Realm.Tokenizers;

/// <summary>
/// BPE on the words between white space, which itself is dropped (<c>tokenizer.ggml.model</c> "whitespace"); in lower case where
/// the file says so.
/// </summary>
internal sealed class WhitespaceTokenizer : BytePairTokenizer
{
    private readonly bool _lowercase;

    private WhitespaceTokenizer(GgufMetadata metadata, PreTokenizer pre, Vocabulary vocabulary)
        : base(metadata, pre, vocabulary) =>
        _lowercase = metadata.Flag("tokenizer.ggml.normalizer.lowercase") ?? pre.Symbols != PairSymbols.Characters;

    /// <inheritdoc cref="BytePairTokenizer.Create"/>
    public static new WhitespaceTokenizer Create(GgufMetadata metadata)
    {
        PreTokenizer pre = NamedPreTokenizer(metadata);
        return new WhitespaceTokenizer(metadata, pre, ReadVocabulary(metadata, pre));
    }

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output)
    {
        for (int start = 0; start < text.Length;)
        {
            int word = Scan.RunEnd(text, start, CharClass.Space);
            start = Scan.RunEnd(text, word, ~CharClass.Space);
            if (start > word)
            {
                ReadOnlySpan<byte> letters = text[word..start];
                base.EncodeText(_lowercase ? Lower(letters) : letters, afterSpecial, plain, output);
            }
        }
    }

    private static byte[] Lower(ReadOnlySpan<byte> text)
    {
        // The lower case of a character may take one byte more (U+023A: two, U+2C65: three).
        var lower = new byte[checked(text.Length / 2 * 3 + 3)];
        int length = 0;
        for (int at = 0; at < text.Length;)
        {
            int codePoint = Scan.CodePoint(text, at, out int next);
            if (next - at == 1 && codePoint >= 0x80)
            {
                lower[length++] = text[at]; // not UTF-8: stays
            }
            else
            {
                length += new Rune(WordPieceTokenizer.Lower(codePoint)).EncodeToUtf8(lower.AsSpan(length));
            }
            at = next;
        }
        return lower[..length];
    }
}
