namespace Realm.Tokenizers.Splitters;

/// <summary><c>[0-9][0-9][0-9]</c>: ASCII digits by threes from the left; fewer than three stay with what is around them.</summary>
internal sealed class DigitTripleSplitter : MatchSplitter
{
    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at) =>
        at + 3 <= text.Length && char.IsAsciiDigit((char)text[at]) && char.IsAsciiDigit((char)text[at + 1])
            && char.IsAsciiDigit((char)text[at + 2]) ? at + 3 : -1;
}
