namespace Realm.Tokenizers.Splitters;

/// <summary>
/// Kimi K2: runs of Han apart from other letters,
/// <c>[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{L}&amp;&amp;[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
/// \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>. As in llama.cpp, words are not cut where the case changes,
/// marks are no letters, and Han is the blocks of ideographs.
/// </summary>
internal sealed class HanSplitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        int end = start;
        while (IsHan(Scan.CodePoint(text, end, out int after)))
        {
            end = after;
        }
        if (end > start)
        {
            return end;
        }
        CharClass first = Scan.At(text, start, out int next);
        bool leads = (first & (CharClass.Letter | CharClass.Number)) == 0 && !Scan.IsLineBreak(text[start]);
        int word = LettersEnd(text, leads ? next : start);
        if (word > (leads ? next : start))
        {
            return Scan.ContractionEnd(text, word, ignoreCase: true);
        }
        if ((first & CharClass.Number) != 0)
        {
            return Scan.RunEnd(text, next, CharClass.Number, 2);
        }
        if ((first & CharClass.NotWord) != 0 || (text[start] == ' ' && (Scan.At(text, next) & CharClass.NotWord) != 0))
        {
            return Scan.LineBreaksEnd(text, Scan.RunEnd(text, next, CharClass.NotWord));
        }
        return Scan.LinesOrSpacesEnd(text, start);
    }

    private static int LettersEnd(ReadOnlySpan<byte> text, int at)
    {
        while ((Scan.At(text, at, out int next) & CharClass.Letter) != 0 && !IsHan(Scan.CodePoint(text, at, out _)))
        {
            at = next;
        }
        return at;
    }

    /// <summary>Unified ideographs, their extensions A to F, and both blocks of compatibility ideographs.</summary>
    private static bool IsHan(int codePoint) => codePoint is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2EBEF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
