using Realm.Tokenizers.Splitters;

namespace Realm.Tokenizers;

/// <summary>How a byte-level BPE model cuts text into words, and what else goes with the name in <c>tokenizer.ggml.pre</c>.</summary>
/// <param name="Splitters">Applied in turn, each to the pieces of the one before.</param>
/// <param name="Names">The names that files use for it.</param>
internal sealed record PreTokenizer(Splitter[] Splitters, params string[] Names)
{
    /// <summary>A word that is a token is that token, whatever the merges say (tiktoken's rule).</summary>
    public bool WholeWords { get; init; }

    /// <summary>A begin token unless the file says otherwise.</summary>
    public bool AddBos { get; init; }

    /// <summary>Whether there is a begin token when the file names none.</summary>
    public bool DefaultBos { get; init; } = true;

    /// <summary>Whether decoding tidies white space.</summary>
    public bool CleanSpaces { get; init; } = true;
}
