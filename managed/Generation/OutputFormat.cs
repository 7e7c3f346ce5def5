using Realm.Grammars;
using Realm.Grammars.Json;

namespace Realm.Generation;

/// <summary>What the text of a generation must be, as the caller wrote it; compiled on an engine thread.</summary>
/// <param name="Notation">How it is written.</param>
/// <param name="Text">It, as UTF-8.</param>
/// <param name="Whitespace">White space in JSON values.</param>
public sealed record OutputFormat(GrammarNotation Notation, byte[] Text, JsonWhitespace Whitespace = JsonWhitespace.Compact);
