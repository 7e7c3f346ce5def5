namespace Realm.Tokenizers.Splitters;

/// <summary><c>IMGIMG[A-I]{1,4}Z</c>: how Chameleon writes the codes of an image.</summary>
internal sealed class ImageCodeSplitter : MatchSplitter
{
    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at)
    {
        ReadOnlySpan<byte> head = "IMGIMG"u8;
        if (!text[at..].StartsWith(head))
        {
            return -1;
        }
        int letters = at + head.Length;
        int end = letters;
        while (end < text.Length && end < letters + 4 && text[end] is >= (byte)'A' and <= (byte)'I')
        {
            end++;
        }
        return end > letters && end < text.Length && text[end] == 'Z' ? end + 1 : -1;
    }
}
