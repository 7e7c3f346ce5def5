namespace Realm.Tokenizers.Splitters;

/// <summary>
/// <c>[class]+</c>: runs of a class apart from what is between them. <paramref name="asciiSymbols"/> adds those of
/// <c>$+&lt;=&gt;^`|~</c> that are named (Falcon: <c>[\p{P}\$\+&lt;=&gt;\^~\|`]+</c>).
/// </summary>
internal sealed class RunSplitter(CharClass mask, string asciiSymbols = "") : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        bool inside = Contains(text, start, out int at);
        while (at < text.Length && Contains(text, at, out int next) == inside)
        {
            at = next;
        }
        return at;
    }

    private bool Contains(ReadOnlySpan<byte> text, int at, out int next) =>
        (Scan.At(text, at, out next) & mask) != 0 || (text[at] < 0x80 && asciiSymbols.Contains((char)text[at]));
}
