namespace Realm.Tokenizers.Splitters;

/// <summary>
/// <c>\d{1,3}(?=(?:\d{3})*\b)</c>: numbers by threes from the right, as thousands are written: 1|234|567. A number that
/// runs into a word (12th) has no boundary after it and is not cut here.
/// </summary>
/// <param name="boundary">Whether that last condition holds (AFMoE groups all numbers).</param>
internal sealed class DigitGroupSplitter(bool boundary) : Splitter
{
    private const CharClass Word = CharClass.Letter | CharClass.Mark | CharClass.Digit;

    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        if (start < memo)
        {
            // Inside a number that was counted at its first piece: what is left of it is a multiple of three.
            return Scan.RunEnd(text, start, CharClass.Digit, 3);
        }
        int end = NumberEnd(text, start, out int digits);
        if (digits > 0 && IsGrouped(text, end))
        {
            memo = end;
            return Scan.RunEnd(text, start, CharClass.Digit, digits % 3 == 0 ? 3 : digits % 3);
        }
        // Up to the next number that is grouped.
        while (end < text.Length)
        {
            int number = Scan.RunEnd(text, end, ~CharClass.Digit);
            end = NumberEnd(text, number, out _);
            if (IsGrouped(text, end))
            {
                return number;
            }
        }
        return end;
    }

    private bool IsGrouped(ReadOnlySpan<byte> text, int end) =>
        !boundary || ((Scan.At(text, end) & Word) == 0 && (end == text.Length || text[end] != '_'));

    private static int NumberEnd(ReadOnlySpan<byte> text, int at, out int digits)
    {
        digits = 0;
        while ((Scan.At(text, at, out int next) & CharClass.Digit) != 0)
        {
            at = next;
            digits++;
        }
        return at;
    }
}
