namespace Realm.Tokenizers.Splitters;

/// <summary>
/// BLOOM: <c> ?[^(\s|.,!?…。，、।۔،)]+</c>: everything but white space and these signs, with one space before it.
/// (Parentheses and bar stand inside the brackets, so they are among the signs.)
/// </summary>
internal sealed class UnpunctuatedSplitter : MatchSplitter
{
    private const string Signs = "(|.,!?…。，、।۔،)";

    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at)
    {
        int begin = text[at] == ' ' ? at + 1 : at;
        int end = begin;
        while (Contains(text, end, out int next))
        {
            end = next;
        }
        return end > begin ? end : -1;
    }

    private static bool Contains(ReadOnlySpan<byte> text, int at, out int next)
    {
        int codePoint = Scan.CodePoint(text, at, out next);
        return codePoint >= 0 && Scan.OfCodePoint(codePoint) != CharClass.Space
            && (codePoint > char.MaxValue || !Signs.Contains((char)codePoint));
    }
}
