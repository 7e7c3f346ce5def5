namespace Realm.Tokenizers.Splitters;

/// <summary>
/// GPT-4o (o200k): words end where lower case turns into upper case, with U for capital and L for small letters
/// <c>[^\r\n\p{L}\p{N}]?U*L+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?U+L*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
/// \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// As in llama.cpp, whose tokens GGUF files are made to, only ASCII letters have a case: all others are both U and L.
/// </summary>
/// <param name="maxDigits">The most digits in a piece: 3 for GPT-4o, 1 for Mistral's Tekken.</param>
/// <param name="contractions">Whether a contraction belongs to the word before it.</param>
/// <param name="marks">Whether combining marks are letters (both U and L).</param>
/// <param name="cased">False: ASCII letters have no case either, so a word is a run of letters.</param>
internal sealed class CasedSplitter(int maxDigits, bool contractions = true, bool marks = false, bool cased = true) : Splitter
{
    private const CharClass Either = CharClass.Uncased;
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
    private int WordEnd(ReadOnlySpan<byte> text, int start)
    {
        CharClass first = Scan.At(text, start, out int next);
        // A mark may be the leading character or part of the word.
        bool mayLead = (first & (CharClass.Letter | CharClass.Number)) == 0 && !Scan.IsLineBreak(text[start]);
        bool mayBegin = (Side(text, start, out _) & (UpperSide | LowerSide)) != 0;
        int end = mayLead ? EndInLowerSide(text, next) : -1;
        if (end < 0 && mayBegin)
        {
            end = EndInLowerSide(text, start);
        }
        if (end < 0 && mayLead && (Side(text, next, out _) & UpperSide) != 0)
        {
            end = SideEnd(text, next, UpperSide);
        }
        return end < 0 && mayBegin ? SideEnd(text, start, UpperSide) : end;
    }

    /// <summary>
    /// <c>U*L+</c> from <paramref name="at"/>, or -1. When nothing of lower case follows the run, the
    /// match ends with the last character of the run that is on both sides: what backtracking finds, in one pass.
    /// </summary>
    private int EndInLowerSide(ReadOnlySpan<byte> text, int at)
    {
        int afterEither = -1;
        while (true)
        {
            CharClass c = Side(text, at, out int next);
            if ((c & CharClass.Lower) != 0)
            {
                return SideEnd(text, next, LowerSide);
            }
            if ((c & UpperSide) == 0)
            {
                return afterEither;
            }
            if (c == Either)
            {
                afterEither = next;
            }
            at = next;
        }
    }

    private int SideEnd(ReadOnlySpan<byte> text, int at, CharClass side)
    {
        while ((Side(text, at, out int next) & side) != 0)
        {
            at = next;
        }
        return at;
    }

    /// <summary>The class of a character; of a letter, the side that it is on.</summary>
    private CharClass Side(ReadOnlySpan<byte> text, int at, out int next)
    {
        CharClass c = Scan.At(text, at, out next);
        bool either = (c & CharClass.Letter) != 0 ? !cased || text[at] >= 0x80 : marks && c == CharClass.Mark;
        return either ? Either : c;
    }
}
