namespace Realm.Tokenizers.Splitters;

/// <summary><c>&lt;sentinel:[0-9]+&gt;</c></summary>
internal sealed class SentinelSplitter : MatchSplitter
{
    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at)
    {
        ReadOnlySpan<byte> head = "<sentinel:"u8;
        if (!text[at..].StartsWith(head))
        {
            return -1;
        }
        // However far this goes, no other match begins on the way.
        int digits = at + head.Length;
        int length = text[digits..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return length > 0 && text[digits + length] == '>' ? digits + length + 1 : -1;
    }
}
