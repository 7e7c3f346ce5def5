using Realm.Gguf;
using Realm.Tokenizers.Splitters;

namespace Realm.Tokenizers;

/// <summary>
/// Byte-pair encoding (<c>tokenizer.ggml.model</c> "gpt2" and others): text is cut into words, whose bytes or characters are
/// merged.
/// </summary>
internal class BytePairTokenizer : Tokenizer
{
    private const string MergesKey = "tokenizer.ggml.merges";

    private readonly PreTokenizer _pre;
    private readonly WordEncoder _words;

    private protected BytePairTokenizer(GgufMetadata metadata, PreTokenizer pre, Vocabulary vocabulary)
        : base(metadata, vocabulary, new Conventions { AddBos = pre.AddBos, AlwaysBos = pre.AlwaysBos, CleanSpaces = pre.CleanSpaces },
            pre.Symbols switch
            {
                PairSymbols.Bytes => TokenTexts.Bytes,
                PairSymbols.Characters => TokenTexts.Plain,
                _ => TokenTexts.Spaced,
            })
    {
        _pre = pre;
        byte[][] merges = metadata.Texts(MergesKey) ?? (pre.MayLackMerges
            ? []
            : throw new RealmException(ErrorCode.Vocab, $"{MergesKey} is missing, though tokenizer.ggml.model is byte-pair encoding"));
        _words = pre.Symbols == PairSymbols.Bytes
            ? new ByteWords(new BytePairVocabulary(vocabulary, merges))
            : new CharacterWords(new CharacterPairVocabulary(vocabulary, merges), unknown: null);
    }

    /// <summary>Reads a tokenizer whose pre-tokenizer the file names.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED: an unknown pre-tokenizer; E_VOCAB: contradictory tables.</exception>
    public static new BytePairTokenizer Create(GgufMetadata metadata)
    {
        PreTokenizer pre = NamedPreTokenizer(metadata);
        return new BytePairTokenizer(metadata, pre, ReadVocabulary(metadata, pre));
    }

    /// <summary>Reads a tokenizer that is a model of its own in files: it has one pre-tokenizer, whatever the file names, and no default
    /// ids.</summary>
    /// <exception cref="RealmException">E_VOCAB: contradictory tables.</exception>
    public static BytePairTokenizer CreateOwn(GgufMetadata metadata, string preTokenizer) =>
        new(metadata, PreTokenizers.Find(preTokenizer), Vocabulary.Read(metadata, new SpecialIds()));

    /// <summary>The pre-tokenizer that a file names.</summary>
    private protected static PreTokenizer NamedPreTokenizer(GgufMetadata metadata) =>
        PreTokenizers.Find(metadata.Text("tokenizer.ggml.pre"));

    /// <summary>The file's tokens, with the format's defaults: Falcon's end of text, which files of that time leave out.</summary>
    private protected static Vocabulary ReadVocabulary(GgufMetadata metadata, PreTokenizer pre) =>
        Vocabulary.Read(metadata, new SpecialIds { Bos = pre.DefaultBos ? 11 : null, Eos = 11 });

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output) =>
        Split(_pre.Symbols == PairSymbols.SpacedCharacters ? WrittenSpaces.Write(text, prefix: false) : text, 0, plain, output);

    /// <summary>Each splitter cuts the pieces of the one before; the last one's pieces are the words.</summary>
    private void Split(ReadOnlySpan<byte> text, int level, bool plain, List<int> output)
    {
        Splitter splitter = _pre.Splitters[level];
        int memo = 0;
        for (int start = 0; start < text.Length;)
        {
            int end = splitter.Next(text, start, ref memo);
            ReadOnlySpan<byte> piece = text[start..end];
            if (level + 1 < _pre.Splitters.Length)
            {
                Split(piece, level + 1, plain, output); // as deep as there are splitters: six at most
            }
            else
            {
                EncodeWord(piece, plain, output);
            }
            start = end;
        }
    }

    private void EncodeWord(ReadOnlySpan<byte> word, bool plain, List<int> output)
    {
        bool mayBeWhole = _pre.WholeWords || (_pre.WholeLineBreaks && word[0] == '\n' && !word.ContainsAnyExcept((byte)'\n'));
        if (mayBeWhole && _words.Find(word) is >= 0 and int whole && !(plain && Markers[whole]))
        {
            output.Add(whole);
            return;
        }
        _words.Encode(word, plain, output);
    }
}
