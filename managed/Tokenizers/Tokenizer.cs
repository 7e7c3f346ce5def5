using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// Text to token ids and back, as the model file says. Immutable once made, and usable from all threads at once.
/// Texts are UTF-8 bytes; bytes that are not UTF-8 are taken one by one and never an error.
/// </summary>
public abstract class Tokenizer
{
    private readonly byte[] _rendered;
    private readonly int[] _ends;
    private readonly TokenAttributes[] _attributes;
    private readonly HashSet<int> _endOfGeneration;
    private readonly int[] _endTokens;
    private readonly int[] _suppressed;
    private readonly SpecialTokens? _special;
    private readonly SpecialIds _ids;
    private readonly Conventions _conventions;

    private protected Tokenizer(GgufMetadata metadata, Vocabulary vocabulary, Conventions conventions, TokenTexts texts)
    {
        _attributes = vocabulary.Attributes;
        _endOfGeneration = vocabulary.EndOfGeneration;
        Markers = vocabulary.Markers();
        _endTokens = [.. _endOfGeneration.Order()];
        _suppressed = vocabulary.Suppressed;
        _ids = vocabulary.Ids;
        _conventions = conventions.Read(metadata, _ids);
        _special = SpecialTokens.Create(vocabulary);
        _ends = new int[vocabulary.Texts.Length];
        _rendered = RenderAll(vocabulary, texts);
    }

    /// <summary>
    /// How many tokens there are; their ids are 0 to this, exclusive. A padded model may choose ids beyond, which stand for
    /// nothing.
    /// </summary>
    public int VocabSize => _ends.Length;

    /// <summary>The token that begins a text, if the model has one.</summary>
    public int? BosId => _ids.Bos;

    /// <summary>The token that ends a text, if the model has one.</summary>
    public int? EosId => _ids.Eos;

    /// <summary>The token that ends a turn of a conversation, if the model has one.</summary>
    public int? EotId => _ids.Eot;

    /// <summary>The token that ends a message within a turn, if the model has one.</summary>
    public int? EomId => _ids.Eom;

    /// <summary>The token for what the vocabulary cannot express, if the model has one.</summary>
    public int? UnknownId => _ids.Unknown;

    /// <summary>The token between two texts, if the model has one.</summary>
    public int? SeparatorId => _ids.Separator;

    /// <summary>The token that fills up batches, if the model has one.</summary>
    public int? PaddingId => _ids.Padding;

    /// <summary>The token that stands for a text to be guessed, if the model has one.</summary>
    public int? MaskId => _ids.Mask;

    /// <summary>Whether <c>Encode</c> puts <see cref="BosId"/> before a text when asked for special tokens.</summary>
    public bool AddsBos => _conventions.Begin is not null;

    /// <summary>Whether <c>Encode</c> puts an end or separator token after a text when asked for special tokens.</summary>
    public bool AddsEos => _conventions.End is not null;

    /// <summary>
    /// The tokens that end generation, ascending: the end of a text, turn or message, by the file's ids or by a token's text.
    /// </summary>
    public ReadOnlySpan<int> EndTokens => _endTokens;

    /// <summary>Tokens that the file says must not be generated.</summary>
    public ReadOnlySpan<int> SuppressedIds => _suppressed;

    /// <summary>Where encoding puts spaces of its own.</summary>
    internal TextPrefix TextPrefix => _conventions.TextPrefix;

    /// <summary>(tokens): <see cref="Vocabulary.IsMarker"/>.</summary>
    private protected bool[] Markers { get; }

    /// <summary>Whether a text gets a space before it.</summary>
    private protected bool SpacePrefix => _conventions.SpacePrefix;

    /// <summary>The tokenizer of a model file.</summary>
    /// <returns>Null when the file has none: <c>tokenizer.ggml.model</c> is absent, "none", "no_vocab" or "test".</returns>
    /// <exception cref="RealmException">
    /// E_UNSUPPORTED: a kind of tokenizer or of pre-tokenizer that this engine does not have (it is named);
    /// E_VOCAB: tables that are missing or contradict each other.
    /// </exception>
    public static Tokenizer? Create(GgufMetadata metadata) => TokenizerModels.Create(metadata);

    /// <summary>Text to token ids.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="addSpecial">Whether to add the tokens that the file wants around a text (BOS, EOS).</param>
    /// <param name="parseSpecial">
    /// Whether control tokens written out in the text (<c>&lt;|im_end|&gt;</c>) become those tokens. Never for text from
    /// users. Tokens of type "user defined" are text and always recognised.
    /// </param>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial, bool parseSpecial) =>
        EncodeTrusting(utf8, addSpecial, parseSpecial ? TrustedText.All : TrustedText.None);

    /// <summary>
    /// A text of several origins to token ids: those of <c>Encode</c>, but only the template's own segments make special
    /// tokens. What others wrote makes neither control tokens nor user-defined ones that look like a tag, also not by merging, and also
    /// not together with the template's text. Words may reach across segments, as in one text.
    /// </summary>
    /// <param name="utf8">The segments' texts, one after another.</param>
    /// <param name="segments">Whose they are.</param>
    /// <param name="addSpecial">Whether to add the tokens that the file wants around a text (BOS, EOS).</param>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: the segments are not as long as the text.</exception>
    public int[] EncodeSegments(ReadOnlySpan<byte> utf8, ReadOnlySpan<TextSegment> segments, bool addSpecial) =>
        EncodeTrusting(utf8, addSpecial, TrustedText.Of(segments, utf8.Length));

    /// <summary>
    /// The bytes that a token stands for: exactly what it adds to a text (which may be part of a UTF-8 sequence); for special
    /// tokens their written form. Nothing for ids beyond the vocabulary.
    /// </summary>
    /// <exception cref="RealmException">E_INVALID_TOKEN: the id is negative.</exception>
    public ReadOnlySpan<byte> TokenBytes(int id)
    {
        if (!IsKnown(id))
        {
            return [];
        }
        int start = id == 0 ? 0 : _ends[id - 1];
        return _rendered.AsSpan(start, _ends[id] - start);
    }

    /// <summary>Whether a token is control or "unknown": not text, and hidden when special tokens are skipped.</summary>
    /// <exception cref="RealmException">E_INVALID_TOKEN: the id is negative.</exception>
    public bool IsSpecial(int id) => IsKnown(id) && (_attributes[id] & TokenAttributes.Hidden) != 0;

    /// <summary>
    /// Whether a token stands for nothing that a model was trained on: unused or undefined in the file, or beyond the vocabulary.
    /// </summary>
    /// <exception cref="RealmException">E_INVALID_TOKEN: the id is negative.</exception>
    public bool IsUnused(int id) => !IsKnown(id) || (_attributes[id] & ~(TokenAttributes.LeftStrip | TokenAttributes.RightStrip))
        is TokenAttributes.Undefined or TokenAttributes.Unused;

    /// <summary>
    /// Whether generation ends with this token (<see cref="EndTokens"/>).
    /// </summary>
    public bool IsEndOfGeneration(int id) => _endOfGeneration.Contains(id);

    /// <summary>Token ids to text (UTF-8, unless the ids end inside a character).</summary>
    /// <param name="ids">The tokens. Ids beyond the vocabulary give nothing.</param>
    /// <param name="skipSpecial">Whether to leave out those for which <see cref="IsSpecial"/> holds.</param>
    /// <param name="cleanSpaces">
    /// False: the very text that was tokenized, wherever the vocabulary can express it. True: as llama.cpp has it, which tidies white
    /// space where the model's convention says so, and takes away a first space where the file asks for one.
    /// </param>
    /// <exception cref="RealmException">E_INVALID_TOKEN: an id is negative.</exception>
    public byte[] Decode(ReadOnlySpan<int> ids, bool skipSpecial, bool cleanSpaces = false)
    {
        long length = 0;
        foreach (int id in ids)
        {
            length += TokenBytes(id).Length;
        }
        if (length > Array.MaxLength)
        {
            throw new RealmException(ErrorCode.Limit,
                $"the text of these {ids.Length} tokens has {length} bytes; at most {Array.MaxLength} fit");
        }
        var text = new byte[length];
        int end = cleanSpaces ? DecodeTidily(ids, skipSpecial, text) : DecodeExactly(ids, skipSpecial, text);
        return end == text.Length ? text : text[..end];
    }

    /// <summary>Whether a token cuts a text in two where it stands in it: special and user-defined ones.</summary>
    internal bool IsFragment(int id) => IsKnown(id) && (_attributes[id] & TokenAttributes.Special) != 0;

    /// <summary>Whether a token marks something in a conversation: <see cref="Vocabulary.IsMarker"/>.</summary>
    internal bool IsMarker(int id) => IsKnown(id) && Markers[id];

    /// <summary>Text without special tokens to ids, appended to <paramref name="output"/>.</summary>
    /// <param name="text">The text; not empty.</param>
    /// <param name="afterSpecial">Whether it begins the whole text or follows a special token.</param>
    /// <param name="plain">Whether no token that is a marker may come of it (<see cref="Vocabulary.IsMarker"/>).</param>
    /// <param name="output">Where the ids go.</param>
    private protected abstract void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output);

    /// <summary>A text that goes on behind other text to token ids.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="plain">Whether no marker may come of it.</param>
    internal int[] EncodeWithin(ReadOnlySpan<byte> utf8, bool plain) =>
        EncodeTrusting(utf8, addSpecial: false, plain ? TrustedText.Plain : TrustedText.None, afterSpecial: false);

    // The beginning counts as behind a special token.
    private int[] EncodeTrusting(ReadOnlySpan<byte> utf8, bool addSpecial, TrustedText trusted, bool afterSpecial = true)
    {
        var output = new List<int>(utf8.Length / 3 + 4);
        if (addSpecial && _conventions.Begin is { } begin)
        {
            output.Add(begin);
        }
        if (_special?.Cut(utf8, trusted) is { } fragments)
        {
            foreach (Fragment fragment in fragments)
            {
                if (fragment.Id >= 0)
                {
                    output.Add(fragment.Id);
                }
                else
                {
                    bool plain = trusted.IsStrict && !trusted.Contains(fragment.Start, fragment.End);
                    EncodeText(utf8[fragment.Start..fragment.End], afterSpecial, plain, output);
                }
                afterSpecial = fragment.Id >= 0;
            }
        }
        else if (utf8.Length > 0)
        {
            EncodeText(utf8, afterSpecial, trusted.IsStrict && !trusted.Contains(0, utf8.Length), output);
        }
        if (addSpecial && _conventions.End is { } last)
        {
            output.Add(last);
        }
        return [.. output];
    }

    private int DecodeExactly(ReadOnlySpan<int> ids, bool skipSpecial, Span<byte> text)
    {
        var detokenizer = new Detokenizer(this, skipSpecial);
        int end = 0;
        foreach (int id in ids)
        {
            ReadOnlySpan<byte> bytes = detokenizer.Next(id);
            bytes.CopyTo(text[end..]);
            end += bytes.Length;
        }
        return end;
    }

    private int DecodeTidily(ReadOnlySpan<int> ids, bool skipSpecial, Span<byte> text)
    {
        int end = 0;
        bool prefixed = _conventions.SpacePrefix;
        foreach (int id in ids)
        {
            if (skipSpecial && IsSpecial(id))
            {
                continue;
            }
            ReadOnlySpan<byte> bytes = TokenBytes(id);
            if (prefixed && bytes is [(byte)' ', ..])
            {
                bytes = bytes[1..];
            }
            prefixed = false;
            bytes.CopyTo(text[end..]);
            end += bytes.Length;
        }
        return _conventions.CleanSpaces ? DetokenizedSpaces.Clean(text[..end]) : end;
    }

    private byte[] RenderAll(Vocabulary vocabulary, TokenTexts texts)
    {
        var all = new byte[vocabulary.TextBytes];
        int end = 0;
        for (int id = 0; id < _ends.Length; id++)
        {
            end += Render(vocabulary, id, texts, all.AsSpan(end));
            _ends[id] = end;
        }
        return all[..end];
    }

    /// <summary>Writes what a token renders to, which is never longer than its text; its length.</summary>
    private static int Render(Vocabulary vocabulary, int id, TokenTexts texts, Span<byte> rendered)
    {
        TokenAttributes attributes = vocabulary.Attributes[id];
        ReadOnlySpan<byte> text = vocabulary.RenderedTexts[id];
        if (texts == TokenTexts.Escaped)
        {
            return EscapedText.Read(text, rendered);
        }
        if ((attributes & TokenAttributes.Byte) != 0 && (attributes & TokenAttributes.Special) == 0)
        {
            rendered[0] = vocabulary.ByteOf(id);
            return 1;
        }
        if (texts == TokenTexts.Raw || (attributes & TokenAttributes.Special) != 0
            || (texts == TokenTexts.Plain && (attributes & TokenAttributes.Normal) != 0))
        {
            text.CopyTo(rendered);
            return text.Length;
        }
        if ((attributes & TokenAttributes.Normal) == 0)
        {
            return 0;
        }
        return texts == TokenTexts.Spaced ? WrittenSpaces.Read(text, rendered)
            : ByteAlphabet.TryDecode(text, rendered, out int length) ? length
            : ByteAlphabet.Render(text, rendered);
    }

    private bool IsKnown(int id) => id >= 0 ? id < _ends.Length
        : throw new RealmException(ErrorCode.InvalidToken, $"token id {id} is negative");
}
