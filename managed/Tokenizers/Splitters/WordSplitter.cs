namespace Realm.Tokenizers.Splitters;

/// <summary>
/// The shape that Llama 3 made common:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// </summary>
/// <param name="maxDigits">The most digits in a piece: 3 for Llama 3, 1 for Qwen 2.</param>
/// <param name="contractions">Whether the first alternative is there.</param>
/// <param name="marks">Whether combining marks count as letters (Qwen 3.5: <c>[\p{L}\p{M}]+</c>).</param>
/// <param name="lineBreaks">Whether line breaks after symbols belong to them.</param>
/// <param name="powers">
/// Whether white space without line breaks is cut by powers of two, <c>\s{512}(?!\S)|\s{256}(?!\S)|...|\s{4}(?!\S)|\s{1,2}(?!\S)|\s</c>.
/// </param>
internal sealed class WordSplitter(
    int maxDigits, bool contractions = true, bool marks = false, bool lineBreaks = true, bool powers = false) : Splitter
{
    private const int LongestPower = 512;

    private readonly CharClass _letters = CharClass.Letter | (marks ? CharClass.Mark : 0);
    private readonly CharClass _symbols = CharClass.NotWord & ~(marks ? CharClass.Mark : 0);

    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        if (contractions)
        {
            int contraction = Scan.ContractionEnd(text, start, ignoreCase: true);
            if (contraction > start)
            {
                return contraction;
            }
        }
        CharClass first = Scan.At(text, start, out int next);
        if ((first & _letters) != 0)
        {
            return Scan.RunEnd(text, next, _letters);
        }
        if ((first & CharClass.Number) != 0)
        {
            return Scan.RunEnd(text, next, CharClass.Number, maxDigits - 1);
        }
        CharClass second = Scan.At(text, next, out int afterSecond);
        if ((second & _letters) != 0 && !Scan.IsLineBreak(text[start]))
        {
            return Scan.RunEnd(text, afterSecond, _letters);
        }
        if ((first & _symbols) != 0 || (text[start] == ' ' && (second & _symbols) != 0))
        {
            int end = Scan.RunEnd(text, next, _symbols);
            return lineBreaks ? Scan.LineBreaksEnd(text, end) : end;
        }
        return powers ? PowerEnd(text, start, ref memo) : Scan.LinesOrSpacesEnd(text, start);
    }

    /// <summary>The end of a piece of white space. memo: up to where the text is known to be white space without line breaks.</summary>
    private static int PowerEnd(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        if (memo <= start)
        {
            int end = start;
            int afterBreak = -1;
            while ((Scan.At(text, end, out int next) & CharClass.Space) != 0)
            {
                afterBreak = Scan.IsLineBreak(text[end]) ? next : afterBreak;
                end = next;
            }
            if (afterBreak > 0)
            {
                return afterBreak;
            }
            memo = end;
        }
        int count = 0;
        for (int at = start; at < memo && count <= LongestPower; count++)
        {
            Scan.At(text, at, out at);
        }
        // (?!\S): there is more white space behind it, or nothing.
        int free = memo == text.Length ? count : count - 1;
        int power = LongestPower;
        while (power > free)
        {
            power /= 2;
        }
        return Scan.RunEnd(text, start, CharClass.Space, Math.Max(power, 1));
    }
}
