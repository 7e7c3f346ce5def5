namespace Realm.Tokenizers.Splitters;

/// <summary>
/// <c>\d{1,3}(?=(\d{3})*\b)</c>: numbers by threes from the right, as thousands are written: 1|234|567.
/// </summary>
internal sealed class DigitGroupSplitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        if (start < memo)
        {
            // Inside a run that was counted at its first piece: what is left of it is a multiple of three.
            return Scan.RunEnd(text, start, CharClass.Number, 3);
        }
        int end = start;
        int count = 0;
        while ((Scan.At(text, end, out int next) & CharClass.Number) != 0)
        {
            end = next;
            count++;
        }
        if (count == 0)
        {
            return Scan.RunEnd(text, start, ~CharClass.Number);
        }
        memo = end;
        return Scan.RunEnd(text, start, CharClass.Number, count % 3 == 0 ? 3 : count % 3);
    }
}
