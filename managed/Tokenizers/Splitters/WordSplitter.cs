namespace Realm.Tokenizers.Splitters;

/// <summary>
/// The shape that Llama 3 made common:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// </summary>
/// <param name="maxDigits">The most digits in a piece: 3 for Llama 3, 1 for Qwen 2.</param>
/// <param name="contractions">Whether the first alternative is there.</param>
/// <param name="marks">Whether combining marks count as letters (Qwen 3.5: <c>[\p{L}\p{M}]+</c>).</param>
/// <param name="lineBreaks">Whether line breaks after symbols belong to them.</param>
internal sealed class WordSplitter(int maxDigits, bool contractions = true, bool marks = false, bool lineBreaks = true) : Splitter
{
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
        return Scan.LinesOrSpacesEnd(text, start);
    }
}
