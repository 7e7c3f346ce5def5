namespace Realm.Tokenizers.Splitters;

/// <summary>
/// EXAONE's mixtures: words with single spaces between them are one piece,
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|
/// \s+(?!\S)|\s+</c>
/// </summary>
internal sealed class PhraseSplitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        int contraction = Scan.ContractionEnd(text, start, ignoreCase: true);
        if (contraction > start)
        {
            return contraction;
        }
        CharClass first = Scan.At(text, start, out int next);
        if ((first & CharClass.Letter) != 0)
        {
            return PhraseEnd(text, next);
        }
        if ((first & CharClass.Number) != 0)
        {
            return next;
        }
        CharClass second = Scan.At(text, next, out int afterSecond);
        if ((second & CharClass.Letter) != 0 && !Scan.IsLineBreak(text[start]))
        {
            return PhraseEnd(text, afterSecond);
        }
        if ((first & CharClass.NotWord) != 0 || (text[start] == ' ' && (second & CharClass.NotWord) != 0))
        {
            int end = Scan.RunEnd(text, next, CharClass.NotWord);
            return end < text.Length && Scan.IsLineBreak(text[end]) ? end + 1 : end;
        }
        return Scan.LinesOrSpacesEnd(text, start);
    }

    /// <summary>Letters, marks, and spaces that have a letter behind them.</summary>
    private static int PhraseEnd(ReadOnlySpan<byte> text, int at)
    {
        while (true)
        {
            at = Scan.RunEnd(text, at, CharClass.Letter | CharClass.Mark);
            if (at >= text.Length || text[at] != ' ' || (Scan.At(text, at + 1, out int next) & CharClass.Letter) == 0)
            {
                return at;
            }
            at = next;
        }
    }
}
