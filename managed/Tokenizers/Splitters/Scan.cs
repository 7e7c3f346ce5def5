using System.Globalization;
using System.Text;

namespace Realm.Tokenizers.Splitters;

/// <summary>
/// Reading UTF-8 one code point at a time, by class. Categories are the runtime's (they do not depend on the
/// culture, and are there under InvariantGlobalization), but for <see cref="LaterCodePoints"/>. A byte that begins no valid
/// sequence is one unit, of the class
/// of U+FFFD; the byte itself stays in the text, so that nothing is lost.
/// </summary>
internal static class Scan
{
    /// <summary>Of the code points below 0x10000.</summary>
    private static readonly CharClass[] s_basic = Array.ConvertAll(Enumerable.Range(0, 0x10000).ToArray(), Categorize);

    /// <summary>The class of the code point that begins at <paramref name="at"/>, and where the next one begins.</summary>
    public static CharClass At(ReadOnlySpan<byte> text, int at, out int next)
    {
        if ((uint)at >= (uint)text.Length)
        {
            next = at;
            return CharClass.None;
        }
        byte first = text[at];
        if (first < 0x80)
        {
            next = at + 1;
            return s_basic[first];
        }
        int codePoint = CodePoint(text, at, out next);
        return OfCodePoint(codePoint);
    }

    /// <inheritdoc cref="At(ReadOnlySpan{byte}, int, out int)"/>
    public static CharClass At(ReadOnlySpan<byte> text, int at) => At(text, at, out _);

    /// <summary>The code point that begins at <paramref name="at"/>: U+FFFD for a stray byte, -1 at the end.</summary>
    public static int CodePoint(ReadOnlySpan<byte> text, int at, out int next)
    {
        if ((uint)at >= (uint)text.Length)
        {
            next = at;
            return -1;
        }
        if (Rune.DecodeFromUtf8(text[at..], out Rune rune, out int length) == System.Buffers.OperationStatus.Done)
        {
            next = at + length;
            return rune.Value;
        }
        // One byte, not the maximal invalid prefix: the reference tokenizers replace byte by byte.
        next = at + 1;
        return 0xFFFD;
    }

    /// <summary>The end of the longest run of code points of <paramref name="mask"/> from <paramref name="at"/>.</summary>
    public static int RunEnd(ReadOnlySpan<byte> text, int at, CharClass mask)
    {
        while ((At(text, at, out int next) & mask) != 0)
        {
            at = next;
        }
        return at;
    }

    /// <summary>The same, for at most <paramref name="limit"/> code points.</summary>
    public static int RunEnd(ReadOnlySpan<byte> text, int at, CharClass mask, int limit)
    {
        for (int i = 0; i < limit && (At(text, at, out int next) & mask) != 0; i++)
        {
            at = next;
        }
        return at;
    }

    /// <summary>[\r\n]* and, when asked, [\r\n/]*.</summary>
    public static int LineBreaksEnd(ReadOnlySpan<byte> text, int at, bool slash = false)
    {
        while (at < text.Length && (IsLineBreak(text[at]) || (slash && text[at] == '/')))
        {
            at++;
        }
        return at;
    }

    public static bool IsLineBreak(byte b) => b is (byte)'\r' or (byte)'\n';

    /// <summary>
    /// 's 't 'm 'd 're 've 'll at <paramref name="at"/>: where it ends, or <paramref name="at"/> when there is none.
    /// </summary>
    public static int ContractionEnd(ReadOnlySpan<byte> text, int at, bool ignoreCase)
    {
        if (at + 1 >= text.Length || text[at] != '\'')
        {
            return at;
        }
        int fold = ignoreCase ? 0x20 : 0;
        int first = text[at + 1] | fold;
        if (first is 's' or 't' or 'm' or 'd')
        {
            return at + 2;
        }
        if (at + 2 >= text.Length)
        {
            return at;
        }
        int second = text[at + 2] | fold;
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? at + 3 : at;
    }

    /// <summary>
    /// The end of the piece that begins with the white space at <paramref name="at"/>, by
    /// <c>\s+(?!\S)|\s+</c>: the last white space before a word is left to the word.
    /// </summary>
    public static int SpacesEnd(ReadOnlySpan<byte> text, int at)
    {
        int end = at;
        int last = at;
        while ((At(text, end, out int next) & CharClass.Space) != 0)
        {
            last = end;
            end = next;
        }
        return end < text.Length && last > at ? last : end;
    }

    /// <summary>
    /// The same by <c>\s*[\r\n]+|\s+(?!\S)|\s+</c>: white space up to the last line break of the run comes first.
    /// </summary>
    public static int LinesOrSpacesEnd(ReadOnlySpan<byte> text, int at)
    {
        int end = at;
        int last = at;
        int afterBreak = -1;
        while ((At(text, end, out int next) & CharClass.Space) != 0)
        {
            if (IsLineBreak(text[end]))
            {
                afterBreak = next;
            }
            last = end;
            end = next;
        }
        return afterBreak > 0 ? afterBreak : end < text.Length && last > at ? last : end;
    }

    internal static CharClass OfCodePoint(int codePoint) => codePoint < 0x10000 ? s_basic[codePoint] : Categorize(codePoint);

    private static CharClass Categorize(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        _ when LaterCodePoints.Contain(codePoint) => CharClass.Other,
        UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharClass.Upper,
        UnicodeCategory.LowercaseLetter => CharClass.Lower,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharClass.Uncased,
        UnicodeCategory.DecimalDigitNumber => CharClass.Digit,
        UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharClass.OtherNumber,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharClass.Mark,
        UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
            or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation => CharClass.Punctuation,
        UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.ModifierSymbol
            or UnicodeCategory.OtherSymbol => CharClass.Symbol,
        // All separators are White_Space; so are six controls.
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => CharClass.Space,
        UnicodeCategory.Control when codePoint is (>= 9 and <= 13) or 0x85 => CharClass.Space,
        _ => CharClass.Other,
    };
}
