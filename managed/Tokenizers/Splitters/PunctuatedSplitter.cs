namespace Realm.Tokenizers.Splitters;

/// <summary>
/// DeepSeek V3, after digits and CJK have been set apart:
/// <c>[!-/:-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// (the first class is the ASCII punctuation and symbols).
/// </summary>
/// <param name="joinsLineBreaks">False: each line break is a piece of its own, <c>| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+</c>.</param>
internal sealed class PunctuatedSplitter(bool joinsLineBreaks = true) : MatchSplitter
{
    private const CharClass Word = CharClass.Letter | CharClass.Mark;
    private const CharClass Signs = CharClass.Punctuation | CharClass.Symbol;

    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at)
    {
        CharClass first = Scan.At(text, at, out int next);
        if ((first & Word) != 0)
        {
            return Scan.RunEnd(text, next, Word);
        }
        if ((first & Signs) != 0)
        {
            int letters = text[at] < 0x80 ? AsciiLettersEnd(text, next) : next;
            return letters > next ? letters : SignsEnd(text, next);
        }
        CharClass second = Scan.At(text, next, out int afterSecond);
        if ((second & Word) != 0 && !Scan.IsLineBreak(text[at]))
        {
            return Scan.RunEnd(text, afterSecond, Word);
        }
        if (text[at] == ' ' && (second & Signs) != 0)
        {
            return SignsEnd(text, next);
        }
        return (first & CharClass.Space) == 0 ? -1
            : joinsLineBreaks ? Scan.LinesOrSpacesEnd(text, at)
            : Scan.IsLineBreak(text[at]) ? next
            : Scan.SpacesEnd(text, at);
    }

    private int SignsEnd(ReadOnlySpan<byte> text, int at)
    {
        int end = Scan.RunEnd(text, at, Signs);
        return joinsLineBreaks ? Scan.LineBreaksEnd(text, end) : end;
    }

    private static int AsciiLettersEnd(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && char.IsAsciiLetter((char)text[at]))
        {
            at++;
        }
        return at;
    }
}
