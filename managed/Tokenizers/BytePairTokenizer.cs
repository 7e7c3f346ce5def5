using System.Buffers;
using Realm.Gguf;
using Realm.Tokenizers.Splitters;

namespace Realm.Tokenizers;

/// <summary>Byte-level BPE (<c>tokenizer.ggml.model</c> "gpt2"): text is cut into words, whose bytes are merged.</summary>
internal sealed class BytePairTokenizer : Tokenizer
{
    private const string MergesKey = "tokenizer.ggml.merges";

    private readonly BytePairVocabulary _words;
    private readonly Splitter[] _splitters;
    private readonly bool _wholeWords;

    private BytePairTokenizer(GgufMetadata metadata, Vocabulary vocabulary, PreTokenizer pre, byte[][] merges)
        : base(metadata, vocabulary, new Conventions { AddBos = pre.AddBos, CleanSpaces = pre.CleanSpaces })
    {
        _words = new BytePairVocabulary(vocabulary, merges);
        _splitters = pre.Splitters;
        _wholeWords = pre.WholeWords;
    }

    /// <summary>Reads a byte-level BPE tokenizer.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED: an unknown pre-tokenizer; E_VOCAB: contradictory tables.</exception>
    public static new BytePairTokenizer Create(GgufMetadata metadata)
    {
        PreTokenizer pre = PreTokenizers.Find(metadata.Text("tokenizer.ggml.pre"));
        // Falcon's end of text, which files of that time leave out; the format's default since.
        var defaults = new SpecialIds { Bos = pre.DefaultBos ? 11 : null, Eos = 11 };
        byte[][] merges = metadata.Texts(MergesKey)
            ?? throw new RealmException(ErrorCode.Vocab, $"{MergesKey} is missing, though tokenizer.ggml.model is byte-pair encoding");
        return new BytePairTokenizer(metadata, Vocabulary.Read(metadata, defaults), pre, merges);
    }

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, List<int> output) => Split(text, 0, output);

    /// <inheritdoc/>
    private protected override ReadOnlySpan<byte> Render(Vocabulary vocabulary, int id, Span<byte> scratch)
    {
        TokenAttributes attributes = vocabulary.Attributes[id];
        byte[] text = vocabulary.Texts[id];
        if ((attributes & TokenAttributes.Special) != 0)
        {
            return text;
        }
        if ((attributes & TokenAttributes.Normal) != 0)
        {
            return scratch[..(ByteAlphabet.TryDecode(text, scratch, out int length) ? length : ByteAlphabet.Render(text, scratch))];
        }
        return (attributes & TokenAttributes.Byte) != 0 ? new byte[] { vocabulary.ByteOf(id) } : [];
    }

    /// <summary>Each splitter cuts the pieces of the one before; the last one's pieces are the words.</summary>
    private void Split(ReadOnlySpan<byte> text, int level, List<int> output)
    {
        Splitter splitter = _splitters[level];
        int memo = 0;
        for (int start = 0; start < text.Length;)
        {
            int end = splitter.Next(text, start, ref memo);
            ReadOnlySpan<byte> piece = text[start..end];
            if (level + 1 < _splitters.Length)
            {
                Split(piece, level + 1, output); // as deep as there are splitters: six at most
            }
            else
            {
                EncodeWord(piece, output);
            }
            start = end;
        }
    }

    private void EncodeWord(ReadOnlySpan<byte> word, List<int> output)
    {
        if (_wholeWords && _words.FindToken(word) is >= 0 and int whole)
        {
            output.Add(whole);
            return;
        }
        const int onStack = 128;
        int[]? rented = word.Length <= onStack ? null : ArrayPool<int>.Shared.Rent(word.Length);
        Span<int> symbols = rented is null ? stackalloc int[onStack] : rented;
        symbols = symbols[..word.Length];
        _words.ToSymbols(word, symbols);
        int count = WordMerger.Merge(_words.Merges, symbols);
        _words.AppendTokens(symbols[..count], output);
        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }
}
