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
    private readonly int[] _suppressed;
    private readonly SpecialTokens? _special;
    private readonly SpecialIds _ids;
    private readonly Conventions _conventions;

    private protected Tokenizer(GgufMetadata metadata, Vocabulary vocabulary, Conventions conventions)
    {
        _attributes = vocabulary.Attributes;
        _endOfGeneration = vocabulary.EndOfGeneration;
        _suppressed = vocabulary.Suppressed;
        _ids = vocabulary.Ids;
        _conventions = conventions.Read(metadata, _ids);
        _special = SpecialTokens.Create(vocabulary);
        _ends = new int[vocabulary.Texts.Length];
        _rendered = RenderAll(vocabulary);
    }

    /// <summary>How many tokens there are; ids are 0 to this, exclusive.</summary>
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

    /// <summary>Whether <see cref="Encode"/> puts <see cref="BosId"/> before a text when asked for special tokens.</summary>
    public bool AddsBos => _conventions.Begin is not null;

    /// <summary>Whether <see cref="Encode"/> puts an end or separator token after a text when asked for special tokens.</summary>
    public bool AddsEos => _conventions.End is not null;

    /// <summary>Tokens that the file says must not be generated.</summary>
    public ReadOnlySpan<int> SuppressedIds => _suppressed;

    /// <summary>The tokenizer of a model file.</summary>
    /// <returns>Null when the file has none: <c>tokenizer.ggml.model</c> is absent, "none", "no_vocab" or "test".</returns>
    /// <exception cref="RealmException">
    /// E_UNSUPPORTED: a kind of tokenizer or of pre-tokenizer that this engine does not have (it is named);
    /// E_VOCAB: tables that are missing or contradict each other.
    /// </exception>
    public static Tokenizer? Create(GgufMetadata metadata)
    {
        string? model = metadata.Text("tokenizer.ggml.model");
        return model switch
        {
            null or "none" or "no_vocab" or "test" => null,
            "gpt2" => BytePairTokenizer.Create(metadata),
            "llama" => SentencePieceTokenizer.Create(metadata),
            "bert" => WordPieceTokenizer.Create(metadata),
            _ => throw new RealmException(ErrorCode.Unsupported,
                $"tokenizer.ggml.model is {Quoted.Name(model)}; supported are 'gpt2' (byte-level BPE), 'llama' (SentencePiece), 'bert' (WordPiece) and 'none'"),
        };
    }

    /// <summary>Text to token ids.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="addSpecial">Whether to add the tokens that the file wants around a text (BOS, EOS).</param>
    /// <param name="parseSpecial">
    /// Whether control tokens written out in the text (<c>&lt;|im_end|&gt;</c>) become those tokens. Never for text from
    /// users. Tokens of type "user defined" are text and always recognised.
    /// </param>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial, bool parseSpecial)
    {
        var output = new List<int>(utf8.Length / 3 + 4);
        if (addSpecial && _conventions.Begin is { } begin)
        {
            output.Add(begin);
        }
        bool afterSpecial = true; // the beginning counts as such
        if (_special?.Cut(utf8, parseSpecial) is { } fragments)
        {
            foreach (Fragment fragment in fragments)
            {
                if (fragment.Id >= 0)
                {
                    output.Add(fragment.Id);
                }
                else
                {
                    EncodeText(utf8[fragment.Start..fragment.End], afterSpecial, output);
                }
                afterSpecial = fragment.Id >= 0;
            }
        }
        else if (utf8.Length > 0)
        {
            EncodeText(utf8, afterSpecial, output);
        }
        if (addSpecial && _conventions.End is { } last)
        {
            output.Add(last);
        }
        return [.. output];
    }

    /// <summary>
    /// The bytes that a token stands for: exactly what it adds to a text (which may be part of a UTF-8 sequence); for special
    /// tokens their written form.
    /// </summary>
    /// <exception cref="RealmException">E_INVALID_TOKEN: no such id.</exception>
    public ReadOnlySpan<byte> TokenBytes(int id)
    {
        Check(id);
        int start = id == 0 ? 0 : _ends[id - 1];
        return _rendered.AsSpan(start, _ends[id] - start);
    }

    /// <summary>Whether a token is control or "unknown": not text, and hidden when special tokens are skipped.</summary>
    /// <exception cref="RealmException">E_INVALID_TOKEN: no such id.</exception>
    public bool IsSpecial(int id)
    {
        Check(id);
        return (_attributes[id] & TokenAttributes.Hidden) != 0;
    }

    /// <summary>
    /// Whether generation ends with this token: the end of a text, turn or message, by the file's ids or by the token's text.
    /// </summary>
    public bool IsEndOfGeneration(int id) => _endOfGeneration.Contains(id);

    /// <summary>Token ids to text (UTF-8, unless the ids end inside a character).</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="skipSpecial">Whether to leave out those for which <see cref="IsSpecial"/> holds.</param>
    /// <exception cref="RealmException">E_INVALID_TOKEN: an id is not in the vocabulary.</exception>
    public byte[] Decode(ReadOnlySpan<int> ids, bool skipSpecial)
    {
        long length = 0;
        foreach (int id in ids)
        {
            length += TokenBytes(id).Length;
        }
        if (length > Array.MaxLength)
        {
            throw new RealmException(ErrorCode.Limit, $"the text of these {ids.Length} tokens has {length} bytes; at most {Array.MaxLength} fit");
        }
        var text = new byte[length];
        int end = 0;
        bool prefixed = _conventions.SpacePrefix;
        foreach (int id in ids)
        {
            if (skipSpecial && IsSpecial(id))
            {
                continue;
            }
            ReadOnlySpan<byte> bytes = TokenBytes(id);
            // The space that encoding put before the text, also when it put it behind a special token that is skipped.
            if (prefixed && bytes is [(byte)' ', ..])
            {
                bytes = bytes[1..];
            }
            prefixed = false;
            bytes.CopyTo(text.AsSpan(end));
            end += bytes.Length;
        }
        if (_conventions.CleanSpaces)
        {
            end = DetokenizedSpaces.Clean(text.AsSpan(0, end));
        }
        return end == text.Length ? text : text[..end];
    }

    /// <summary>Whether a text gets a space before it.</summary>
    private protected bool SpacePrefix => _conventions.SpacePrefix;

    /// <summary>Text without special tokens to ids, appended to <paramref name="output"/>.</summary>
    /// <param name="text">The text; not empty.</param>
    /// <param name="afterSpecial">Whether it begins the whole text or follows a special token.</param>
    /// <param name="output">Where the ids go.</param>
    private protected abstract void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, List<int> output);

    /// <summary>
    /// What a token renders to, in <paramref name="scratch"/> (which has room for its text) or elsewhere.
    /// Called from the constructor: only the vocabulary is there.
    /// </summary>
    private protected abstract ReadOnlySpan<byte> Render(Vocabulary vocabulary, int id, Span<byte> scratch);

    private byte[] RenderAll(Vocabulary vocabulary)
    {
        var all = new byte[vocabulary.TextBytes];
        var scratch = new byte[vocabulary.LongestText];
        int end = 0;
        for (int id = 0; id < _ends.Length; id++)
        {
            ReadOnlySpan<byte> one = Render(vocabulary, id, scratch);
            one.CopyTo(all.AsSpan(end));
            end += one.Length;
            _ends[id] = end;
        }
        return all[..end];
    }

    private void Check(int id)
    {
        if ((uint)id >= (uint)_ends.Length)
        {
            throw new RealmException(ErrorCode.InvalidToken, $"token id {id} is not in the vocabulary of {_ends.Length} tokens");
        }
    }
}
