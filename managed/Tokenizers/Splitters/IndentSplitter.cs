namespace Realm.Tokenizers.Splitters;

/// <summary><c>[\t\n]|    |  </c>: tabs, line feeds, and spaces by fours, then twos.</summary>
internal sealed class IndentSplitter : MatchSplitter
{
    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at) =>
        text[at] is (byte)'\t' or (byte)'\n' ? at + 1
        : text[at..].StartsWith("    "u8) ? at + 4
        : text[at..].StartsWith("  "u8) ? at + 2
        : -1;
}
