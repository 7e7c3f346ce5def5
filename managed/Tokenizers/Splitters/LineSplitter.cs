namespace Realm.Tokenizers.Splitters;

/// <summary><c>[^\n]+|[\n]+</c>: lines, and the line feeds between them.</summary>
internal sealed class LineSplitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        ReadOnlySpan<byte> rest = text[start..];
        int length = rest[0] == '\n' ? rest.IndexOfAnyExcept((byte)'\n') : rest.IndexOf((byte)'\n');
        return length < 0 ? text.Length : start + length;
    }
}
