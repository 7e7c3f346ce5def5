using Realm.Tokenizers.Splitters;

namespace Realm.Tokenizers;

/// <summary>What byte-pair encoding begins with.</summary>
internal enum PairSymbols
{
    /// <summary>Bytes, which token texts write in GPT-2's alphabet.</summary>
    Bytes,

    /// <summary>Characters of UTF-8, as token texts have them.</summary>
    Characters,

    /// <summary>Characters; spaces are written U+2581.</summary>
    SpacedCharacters,
}

/// <summary>How a BPE model cuts text into words, and what else goes with the name in <c>tokenizer.ggml.pre</c>.</summary>
/// <param name="Splitters">Applied in turn, each to the pieces of the one before.</param>
/// <param name="Names">The names that files use for it.</param>
internal sealed record PreTokenizer(Splitter[] Splitters, params string[] Names)
{
    /// <summary>A word that is a token is that token, whatever the merges say (tiktoken's rule).</summary>
    public bool WholeWords { get; init; }

    /// <summary>What merges make words of.</summary>
    public PairSymbols Symbols { get; init; }

    /// <summary>A word of line feeds that is a token is that token, whatever the merges say.</summary>
    public bool WholeLineBreaks { get; init; }

    /// <summary>The file may have no merges: only words that are tokens as they are, and single bytes.</summary>
    public bool MayLackMerges { get; init; }

    /// <summary>A begin token unless the file says otherwise.</summary>
    public bool AddBos { get; init; }

    /// <summary>A begin token even where the file says otherwise, as files of that time do wrongly.</summary>
    public bool AlwaysBos { get; init; }

    /// <summary>Whether there is a begin token when the file names none.</summary>
    public bool DefaultBos { get; init; } = true;

    /// <summary>Whether decoding tidies white space.</summary>
    public bool CleanSpaces { get; init; } = true;
}
