using Realm.Grammars;
using Realm.Grammars.Json;

namespace Realm.Generation;

/// <summary>What the text of a generation must be, as the caller wrote it; compiled on an engine thread.</summary>
/// <param name="Notation">How it is written.</param>
/// <param name="Text">It, as UTF-8.</param>
/// <param name="Whitespace">White space in JSON values.</param>
/// <param name="IgnoresUnsupported">What a schema says and can't be held is left out, with a warning.</param>
public sealed record OutputFormat(
    GrammarNotation Notation, byte[] Text, JsonWhitespace Whitespace = JsonWhitespace.Compact, bool IgnoresUnsupported = false)
{
    /// <summary>Compiled for a model's tokens.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: a mistake in it; <see cref="ErrorCode.Unsupported"/>,
    /// <see cref="ErrorCode.Limit"/>: it can't be held; <see cref="ErrorCode.Cancelled"/>.</exception>
    internal Grammar Compile(LoadedModel model, CancellationToken cancel = default) =>
        model.Grammars.Get(Notation, Text, Whitespace, cancel, IgnoresUnsupported);

    /// <summary>The same if it is compiled already, else null. Takes no time.</summary>
    internal Grammar? Compiled(LoadedModel model) => model.CompiledGrammars?.Find(Notation, Text, Whitespace, IgnoresUnsupported);
}
