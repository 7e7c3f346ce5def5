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
    /// <summary>The longest token of a real vocabulary has under a hundred bytes; each position of a word may walk this far.</summary>
    private const int MaxTokenBytes = 1024;

    private readonly ByteTrie _trie;
    private readonly int[] _tokenAt; // the token that ends in a state of the trie, or -1
    private readonly bool _lowercase;
    private readonly bool _stripAccents;

    private WordPieceTokenizer(GgufMetadata metadata, Vocabulary vocabulary)
        : base(metadata, vocabulary, new Conventions { CleanSpaces = true, Wraps = true })
    {
        _lowercase = metadata.Flag("tokenizer.ggml.normalizer.lowercase") ?? true;
        _stripAccents = metadata.Flag("tokenizer.ggml.normalizer.strip_accents") ?? _lowercase;
        _trie = new ByteTrie(vocabulary.TextBytes, "the tokens");
        var ends = new List<(int State, int Id)>(vocabulary.Texts.Length);
        for (int id = 0; id < vocabulary.Texts.Length; id++)
        {
            if (vocabulary.Texts[id].Length > MaxTokenBytes)
            {
                throw new RealmException(ErrorCode.Limit,
                    $"token {id} has {vocabulary.Texts[id].Length} bytes; at most {MaxTokenBytes} are supported");
            }
            int state = 0;
            foreach (byte b in vocabulary.Texts[id])
            {
                state = _trie.ChildOrNew(state, b);
            }
            ends.Add((state, id));
        }
        _tokenAt = new int[_trie.Count];
        _tokenAt.AsSpan().Fill(-1);
        // Backwards, so that of equal texts the first stays. State 0 is where an empty text ends.
        for (int i = ends.Count - 1; i >= 0; i--)
        {
            _tokenAt[ends[i].State] = ends[i].State == 0 ? -1 : ends[i].Id;
        }
    }

    /// <summary>Reads a WordPiece tokenizer.</summary>
    /// <exception cref="RealmException">E_VOCAB: contradictory tables.</exception>
    public static new WordPieceTokenizer Create(GgufMetadata metadata) =>
        // BERT's numbers.
        new(metadata, Vocabulary.Read(metadata, new SpecialIds { Padding = 0, Unknown = 100, Bos = 101, Separator = 102, Mask = 103 }));

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, List<int> output)
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
                EndWord(word, output);
                continue;
            }
            if (IsDropped(codePoint) || (_stripAccents && kind == CharClass.Mark))
            {
                continue;
            }
            int length = new Rune(_lowercase ? Lower(codePoint) : codePoint).EncodeToUtf8(character);
            if (kind == CharClass.Punctuation || (kind == CharClass.Symbol && codePoint < 0x7F) || IsHan(codePoint))
            {
                EndWord(word, output);
                word.AddRange(character[..length]);
                EndWord(word, output);
            }
            else
            {
                word.AddRange(character[..length]);
            }
        }
        EndWord(word, output);
    }

    /// <inheritdoc/>
    private protected override ReadOnlySpan<byte> Render(Vocabulary vocabulary, int id, Span<byte> scratch)
    {
        TokenAttributes attributes = vocabulary.Attributes[id];
        return (attributes & TokenAttributes.Special) != 0 ? vocabulary.Texts[id]
            : (attributes & TokenAttributes.Normal) != 0 ? scratch[..SentencePieceTokenizer.ReadSpaces(vocabulary.Texts[id], scratch)]
            : [];
    }

    /// <summary>Emits the tokens of a word, "unknown" when it cannot be cut into tokens to its end, and empties it.</summary>
    private void EndWord(List<byte> word, List<int> output)
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
            int token = LongestToken(rest, out int length);
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

    private int LongestToken(ReadOnlySpan<byte> text, out int length)
    {
        int token = -1;
        length = 0;
        int state = 0;
        for (int i = 0; i < text.Length && (state = _trie.Child(state, text[i])) != 0; i++)
        {
            if (_tokenAt[state] >= 0)
            {
                token = _tokenAt[state];
                length = i + 1;
            }
        }
        return token;
    }

    /// <summary>Controls, format characters, private use, and what stands for bytes that are not UTF-8.</summary>
    private static bool IsDropped(int codePoint) => codePoint == 0xFFFD || CharUnicodeInfo.GetUnicodeCategory(codePoint)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    /// <summary>The one-to-one lower case; U+0130 has none without a mark, so it is taken as the letter it shows.</summary>
    private static int Lower(int codePoint) => codePoint == 0x130 ? 'i' : Rune.ToLowerInvariant(new Rune(codePoint)).Value;

    /// <summary>
    /// BERT's Chinese characters, each a word of its own. Extension E begins at 2B920 instead of 2B820 as in the reference
    /// implementation.
    /// </summary>
    private static bool IsHan(int codePoint) => codePoint is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F)
        or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
