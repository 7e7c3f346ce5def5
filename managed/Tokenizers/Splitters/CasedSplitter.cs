namespace Realm.Tokenizers.Splitters;

/// <summary>
/// GPT-4o (o200k): words end where lower case turns into upper case,
/// <c>[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
/// \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// This is the expression that the models were trained with; llama.cpp's approximation of it takes every non-ASCII letter
/// for both cases and cuts at combining marks.
/// </summary>
/// <param name="maxDigits">The most digits in a piece: 3 for GPT-4o, 1 for Mistral's Tekken.</param>
/// <param name="contractions">Whether a contraction belongs to the word before it.</param>
internal sealed class CasedSplitter(int maxDigits, bool contractions = true) : Splitter
{
    private const CharClass Either = CharClass.Uncased | CharClass.Mark;
    private const CharClass UpperSide = CharClass.Upper | Either;
    private const CharClass LowerSide = CharClass.Lower | Either;

    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        int word = WordEnd(text, start);
        if (word > start)
        {
            return contractions ? Scan.ContractionEnd(text, word, ignoreCase: true) : word;
        }
        CharClass first = Scan.At(text, start, out int next);
        if ((first & CharClass.Number) != 0)
        {
            return Scan.RunEnd(text, next, CharClass.Number, maxDigits - 1);
        }
        if ((first & CharClass.NotWord) != 0 || (text[start] == ' ' && (Scan.At(text, next) & CharClass.NotWord) != 0))
        {
            return Scan.LineBreaksEnd(text, Scan.RunEnd(text, next, CharClass.NotWord), slash: true);
        }
        return Scan.LinesOrSpacesEnd(text, start);
    }

    /// <summary>The first two alternatives without the contraction, in the order in which they are tried; -1: none.</summary>
    private static int WordEnd(ReadOnlySpan<byte> text, int start)
    {
        CharClass first = Scan.At(text, start, out int next);
        // A mark may be the leading character or part of the word.
        bool mayLead = (first & (CharClass.Letter | CharClass.Number)) == 0 && !Scan.IsLineBreak(text[start]);
        bool mayBegin = (first & (UpperSide | LowerSide)) != 0;
        int end = mayLead ? EndInLowerSide(text, next) : -1;
        if (end < 0 && mayBegin)
        {
            end = EndInLowerSide(text, start);
        }
        if (end < 0 && mayLead && (Scan.At(text, next) & UpperSide) != 0)
        {
            end = Scan.RunEnd(text, next, UpperSide);
        }
        return end < 0 && mayBegin ? Scan.RunEnd(text, start, UpperSide) : end;
    }

    /// <summary>
    /// <c>[UpperSide]*[LowerSide]+</c> from <paramref name="at"/>, or -1. When nothing of lower case follows the run, the
    /// match ends with the last character of the run that is on both sides: what backtracking finds, in one pass.
    /// </summary>
    private static int EndInLowerSide(ReadOnlySpan<byte> text, int at)
    {
        int afterEither = -1;
        while (true)
        {
            CharClass c = Scan.At(text, at, out int next);
            if ((c & CharClass.Lower) != 0)
            {
                return Scan.RunEnd(text, next, LowerSide);
            }
            if ((c & UpperSide) == 0)
            {
                return afterEither;
            }
            if ((c & Either) != 0)
            {
                afterEither = next;
            }
            at = next;
        }
    }
}
