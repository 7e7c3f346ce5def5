namespace Realm.Tokenizers.Splitters;

/// <summary>
/// <c>[a-b...]+</c> with literal ranges of code points, optionally <c>\s?</c> before it. Several classes
/// (<c>[...]+|[...]+</c>) make separate runs.
/// </summary>
/// <param name="spaced">Whether one white space before a run belongs to it.</param>
/// <param name="classes">Each class as pairs of first and last code point, ascending.</param>
internal sealed class RangeSplitter(bool spaced, params int[][] classes) : MatchSplitter
{
    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at)
    {
        int begin = at;
        if (spaced && (Scan.At(text, at, out int next) & CharClass.Space) != 0)
        {
            begin = next;
        }
        foreach (int[] ranges in classes)
        {
            int end = begin;
            while (Contains(ranges, text, end, out next))
            {
                end = next;
            }
            if (end > begin)
            {
                return end;
            }
        }
        return -1;
    }

    private static bool Contains(int[] ranges, ReadOnlySpan<byte> text, int at, out int next)
    {
        int codePoint = Scan.CodePoint(text, at, out next);
        // White space never matches a literal class: the expressions name U+3000 only as the end of a range, and their
        // engines see it as \s.
        if (codePoint < ranges[0] || codePoint > ranges[^1] || Scan.OfCodePoint(codePoint) == CharClass.Space)
        {
            return false;
        }
        int found = Array.BinarySearch(ranges, codePoint);
        // A hit is either end of a range; a miss lies inside one when the next larger bound is an upper one.
        return found >= 0 || (~found & 1) == 1;
    }
}
