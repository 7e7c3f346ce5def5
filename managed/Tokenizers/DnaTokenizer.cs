using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// Byte-level BPE with nucleotides (<c>tokenizer.ggml.model</c> "hybriddna"): what stands between <c>&lt;dna&gt;</c> and
/// <c>&lt;/dna&gt;</c> is read by sixes, in capitals, the last six filled up with A.
/// </summary>
internal sealed class DnaTokenizer : BytePairTokenizer
{
    private const int Length = 6;

    private readonly Dictionary<string, int>? _sixes;
    private readonly int _begin, _end, _unknown;
    private readonly bool _areMarkers;

    private DnaTokenizer(GgufMetadata metadata, PreTokenizer pre, Vocabulary vocabulary, Dictionary<string, int> sixes)
        : base(metadata, pre, vocabulary)
    {
        _begin = vocabulary.Find("<dna>"u8);
        _end = vocabulary.Find("</dna>"u8);
        _unknown = vocabulary.Find("<oov>"u8);
        _sixes = _begin >= 0 && _end >= 0 && _unknown >= 0 ? sixes : null; // else it is a byte-level vocabulary like others
        _areMarkers = _sixes is not null && (vocabulary.IsMarker(_begin) || vocabulary.IsMarker(_end));
    }

    /// <summary>In the file, six nucleotides have this behind them, so that they differ from words of the same letters.</summary>
    private static ReadOnlySpan<byte> Mark => "\uE000"u8;

    /// <inheritdoc cref="BytePairTokenizer.Create"/>
    public static new DnaTokenizer Create(GgufMetadata metadata)
    {
        PreTokenizer pre = NamedPreTokenizer(metadata);
        Vocabulary vocabulary = ReadVocabulary(metadata, pre);
        var sixes = new Dictionary<string, int>();
        byte[][] texts = [.. vocabulary.Texts];
        for (int id = 0; id < texts.Length; id++)
        {
            byte[] text = texts[id];
            if (text.Length == Length + Mark.Length && text.AsSpan().EndsWith(Mark))
            {
                texts[id] = text[..Length];
                sixes.TryAdd(System.Text.Encoding.ASCII.GetString(texts[id]), id);
            }
        }
        vocabulary.RenderedTexts = texts;
        return new DnaTokenizer(metadata, pre, vocabulary, sixes);
    }

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output)
    {
        while (text.Length > 0)
        {
            int begin = _sixes is null || (plain && _areMarkers) ? -1 : text.IndexOf("<dna>"u8);
            int words = begin < 0 ? text.Length : begin;
            if (words > 0)
            {
                base.EncodeText(text[..words], afterSpecial, plain, output);
            }
            if (begin < 0)
            {
                break;
            }
            output.Add(_begin);
            text = text[(begin + "<dna>"u8.Length)..];
            int end = text.IndexOf("</dna>"u8);
            EncodeSixes(end < 0 ? text : text[..end], output);
            if (end < 0)
            {
                break;
            }
            output.Add(_end);
            text = text[(end + "</dna>"u8.Length)..];
        }
    }

    private void EncodeSixes(ReadOnlySpan<byte> nucleotides, List<int> output)
    {
        Span<char> six = stackalloc char[Length];
        for (int at = 0; at < nucleotides.Length; at += Length)
        {
            for (int i = 0; i < Length; i++)
            {
                byte b = at + i < nucleotides.Length ? nucleotides[at + i] : (byte)'A';
                six[i] = b >= 0x80 ? '?' : char.ToUpperInvariant((char)b);
            }
            output.Add(_sixes!.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(six, out int id) ? id : _unknown);
        }
    }
}
