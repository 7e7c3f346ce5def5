namespace Realm.Tokenizers.Splitters;

/// <summary>
/// <c>\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))</c>: numbers by threes from the right, as thousands are written: 1|234|567. As in
/// llama.cpp, what is before a number stays with its first group, for the next splitter to cut.
/// </summary>
internal sealed class DigitGroupSplitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        if (start < memo)
        {
            // Inside a number that was counted at its first piece: what is left of it is a multiple of three.
            return Scan.RunEnd(text, start, CharClass.Number, 3);
        }
        int number = Scan.RunEnd(text, start, ~CharClass.Number);
        int digits = 0;
        memo = number;
        while ((Scan.At(text, memo, out int next) & CharClass.Number) != 0)
        {
            memo = next;
            digits++;
        }
        return Scan.RunEnd(text, number, CharClass.Number, digits % 3 == 0 ? 3 : digits % 3);
    }
}
