using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>What a tokenizer does around a text: defaults by kind, which the file may override.</summary>
internal sealed record Conventions
{
    /// <summary>A begin token before the text.</summary>
    public bool AddBos { get; init; }

    /// <summary>An end token after it.</summary>
    public bool AddEos { get; init; }

    /// <summary>Begin token before and separator after it, whatever the file says of the two above (BERT).</summary>
    public bool Wraps { get; init; }

    /// <summary>A begin token even where the file says otherwise.</summary>
    public bool AlwaysBos { get; init; }

    /// <summary>Neither of them, whatever the file says (RWKV, PLaMo 2).</summary>
    public bool Bare { get; init; }

    /// <summary>A space before the text, where the file does not say otherwise.</summary>
    public bool SpacePrefix { get; init; }

    /// <summary>Where encoding puts a space that is not in the text.</summary>
    public TextPrefix TextPrefix { get; init; }

    /// <summary>Whether decoding tidies white space (<see cref="DetokenizedSpaces"/>).</summary>
    public bool CleanSpaces { get; init; }

    /// <summary>The token before a text, after <see cref="Read"/>.</summary>
    public int? Begin { get; private init; }

    /// <summary>The token after a text, after <see cref="Read"/>.</summary>
    public int? End { get; private init; }

    /// <summary>These, overridden by the file.</summary>
    /// <exception cref="RealmException">E_VOCAB: the file asks for a token that it does not have.</exception>
    public Conventions Read(GgufMetadata metadata, SpecialIds ids)
    {
        bool prefix = metadata.Flag("tokenizer.ggml.add_space_prefix") ?? SpacePrefix;
        int? begin = Added("bos", AddBos, ids.Bos);
        int? end = Added("eos", AddEos, ids.Eos);
        return this with
        {
            Begin = Bare ? null : Wraps || AlwaysBos ? ids.Bos : begin,
            End = Bare ? null : Wraps ? ids.Separator : end,
            SpacePrefix = prefix,
            TextPrefix = TextPrefix == TextPrefix.WhereAsked ? (prefix ? TextPrefix.EachText : TextPrefix.None) : TextPrefix,
        };

        int? Added(string role, bool fallback, int? id)
        {
            string key = $"tokenizer.ggml.add_{role}_token";
            bool? asked = metadata.Flag(key);
            if (asked == true && id is null && !Wraps && !Bare)
            {
                throw new RealmException(ErrorCode.Vocab, $"{key} is true, but the file has no {role} token");
            }
            return asked ?? fallback ? id : null;
        }
    }
}

/// <summary>Where encoding puts a space that is not in the text, so that exact decoding leaves it out.</summary>
internal enum TextPrefix
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary><see cref="EachText"/> or <see cref="None"/>, as <see cref="Conventions.SpacePrefix"/> says.</summary>
    WhereAsked,

    /// <summary>Before the text, and behind each special token.</summary>
    EachText,

    /// <summary>Before each word, also the first one.</summary>
    Beginning,
}
