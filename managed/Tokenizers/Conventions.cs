using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>What a tokenizer does around a text: defaults by kind, which the file may override.</summary>
internal sealed record Conventions
{
    /// <summary>A begin token before the text.</summary>
    public bool AddBos { get; init; }

    /// <summary>An end token after it.</summary>
    public bool AddEos { get; init; }

    /// <summary>A space before the text, which decoding takes away.</summary>
    public bool SpacePrefix { get; init; }

    /// <summary>Whether decoding tidies white space (<see cref="DetokenizedSpaces"/>).</summary>
    public bool CleanSpaces { get; init; }

    /// <summary>These, overridden by the file.</summary>
    /// <exception cref="RealmException">E_VOCAB: the file asks for a token that it does not have.</exception>
    public Conventions Read(GgufMetadata metadata, SpecialIds ids)
    {
        return this with
        {
            AddBos = Adds("bos", AddBos, ids.Bos),
            AddEos = Adds("eos", AddEos, ids.Eos),
            SpacePrefix = metadata.Flag("tokenizer.ggml.add_space_prefix") ?? SpacePrefix,
        };

        bool Adds(string role, bool fallback, int? id)
        {
            string key = $"tokenizer.ggml.add_{role}_token";
            bool? asked = metadata.Flag(key);
            return asked == true && id is null
                ? throw new RealmException(ErrorCode.Vocab, $"{key} is true, but the file has no {role} token")
                : (asked ?? fallback) && id is not null;
        }
    }
}
