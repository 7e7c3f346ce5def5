namespace Realm.Tokenizers.Splitters;

/// <summary><c>[\r\n]</c>: each line break is a piece of its own.</summary>
internal sealed class LineBreakSplitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        if (Scan.IsLineBreak(text[start]))
        {
            return start + 1;
        }
        int length = text[start..].IndexOfAny((byte)'\r', (byte)'\n');
        return length < 0 ? text.Length : start + length;
    }
}
