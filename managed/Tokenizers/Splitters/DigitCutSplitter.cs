namespace Realm.Tokenizers.Splitters;

/// <summary>
/// <c>(?=(\d{3})+(?!\d))</c>: a cut, nothing more, before each group of three ASCII digits counted from a number's right end.
/// What is before a number's first cut and behind its last digit is not cut off.
/// </summary>
internal sealed class DigitCutSplitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        // memo: the end of the number whose cuts are being made, of which a multiple of three digits is left.
        if (start + 3 < memo)
        {
            return start + 3;
        }
        for (int at = Math.Max(start, memo); at < text.Length;)
        {
            int number = text[at..].IndexOfAnyInRange((byte)'0', (byte)'9');
            if (number < 0)
            {
                break;
            }
            number += at;
            int length = text[number..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            length = length < 0 ? text.Length - number : length;
            at = number + length;
            int cut = number + length % 3;
            if (cut == start)
            {
                cut += 3;
            }
            if (cut < at)
            {
                memo = at;
                return cut;
            }
        }
        return text.Length;
    }
}
