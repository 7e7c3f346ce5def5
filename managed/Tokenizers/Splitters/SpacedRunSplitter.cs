namespace Realm.Tokenizers.Splitters;

/// <summary><c>\s?[class]+</c>: runs of a class, each with one white space before it.</summary>
internal sealed class SpacedRunSplitter(CharClass mask) : MatchSplitter
{
    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at)
    {
        CharClass first = Scan.At(text, at, out int next);
        int begin = (first & CharClass.Space) != 0 ? next : at;
        int end = Scan.RunEnd(text, begin, mask);
        return end > begin ? end : -1;
    }
}
