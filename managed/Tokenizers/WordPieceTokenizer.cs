using System.Globalization;
using System.Text;
using Realm.Gguf;
using Realm.Tokenizers.Splitters;

namespace Realm.Tokenizers;

/// <summary>
/// WordPiece (<c>tokenizer.ggml.model</c> "bert"): text is normalized as BERT does, cut into words and signs, and each word
/// is cut into the longest tokens from the left. In the file a token that begins a word has U+2581 before it, in place of
/// "##" before those that continue one.
/// </summary>
internal sealed class WordPieceTokenizer : Tokenizer
{
    private readonly TokenTrie _tokens;
    private readonly bool _lowercase;
    private readonly bool _stripAccents;

    private WordPieceTokenizer(GgufMetadata metadata, Vocabulary vocabulary)
        : base(metadata, vocabulary,
            new Conventions { CleanSpaces = true, Wraps = true, TextPrefix = TextPrefix.Beginning }, TokenTexts.Spaced)
    {
        _lowercase = metadata.Flag("tokenizer.ggml.normalizer.lowercase") ?? true;
        _stripAccents = metadata.Flag("tokenizer.ggml.normalizer.strip_accents") ?? _lowercase;
        _tokens = new TokenTrie(vocabulary.Texts, _ => true);
    }

    /// <summary>Reads a WordPiece tokenizer.</summary>
    /// <exception cref="RealmException">E_VOCAB: contradictory tables.</exception>
    public static new WordPieceTokenizer Create(GgufMetadata metadata) =>
        // BERT's numbers.
        new(metadata, Vocabulary.Read(metadata, new SpecialIds { Padding = 0, Unknown = 100, Bos = 101, Separator = 102, Mask = 103 }));

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output)
    {
        var word = new List<byte>();
        Span<byte> character = stackalloc byte[4];
        for (int at = 0; at < text.Length;)
        {
            int codePoint = Scan.CodePoint(text, at, out at);
            if (_stripAccents)
            {
                codePoint = BaseLetters.Of(codePoint);
            }
            CharClass kind = Scan.OfCodePoint(codePoint);
            if (kind == CharClass.Space)
            {
                EndWord(word, plain, output);
                continue;
            }
            if (IsDropped(codePoint) || (_stripAccents && kind == CharClass.Mark))
            {
                continue;
            }
            int length = new Rune(_lowercase ? Lower(codePoint) : codePoint).EncodeToUtf8(character);
            if (kind == CharClass.Punctuation || (kind == CharClass.Symbol && codePoint < 0x7F) || IsHan(codePoint))
            {
                EndWord(word, plain, output);
                word.AddRange(character[..length]);
                EndWord(word, plain, output);
            }
            else
            {
                word.AddRange(character[..length]);
            }
        }
        EndWord(word, plain, output);
    }

    /// <summary>Emits the tokens of a word, "unknown" when it cannot be cut into tokens to its end, and empties it.</summary>
    private void EndWord(List<byte> word, bool plain, List<int> output)
    {
        if (word.Count == 0)
        {
            return;
        }
        int before = output.Count;
        word.InsertRange(0, "\u2581"u8);
        ReadOnlySpan<byte> rest = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(word);
        while (rest.Length > 0)
        {
            int token = _tokens.Longest(rest, plain ? Markers : null, out int length);
            if (token < 0)
            {
                output.RemoveRange(before, output.Count - before);
                if (UnknownId is { } unknown)
                {
                    output.Add(unknown);
                }
                break;
            }
            output.Add(token);
            rest = rest[length..];
        }
        word.Clear();
    }

    /// <summary>Controls, format characters, private use, and what stands for bytes that are not UTF-8.</summary>
    private static bool IsDropped(int codePoint) => codePoint == 0xFFFD || CharUnicodeInfo.GetUnicodeCategory(codePoint)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    /// <summary>The one-to-one lower case; U+0130 has none without a mark, so it is taken as the letter it shows.</summary>
    internal static int Lower(int codePoint) => codePoint == 0x130 ? 'i' : LaterCodePoints.Contain(codePoint) ? codePoint
        : Rune.ToLowerInvariant(new Rune(codePoint)).Value;

    /// <summary>
    /// BERT's Chinese characters, each a word of its own. Extension E begins at 2B920 instead of 2B820 as in the reference
    /// implementation.
    /// </summary>
    private static bool IsHan(int codePoint) => codePoint is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F)
        or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
