namespace Realm.Tokenizers.Splitters;

/// <summary><c>[\p{P}!-/:-@\[-`{-~]</c>: each sign of punctuation, and of ASCII's symbols, is a piece of its own.</summary>
internal sealed class SignSplitter : MatchSplitter
{
    /// <inheritdoc/>
    protected override int MatchEnd(ReadOnlySpan<byte> text, int at)
    {
        CharClass c = Scan.At(text, at, out int next);
        return c == CharClass.Punctuation || (c == CharClass.Symbol && text[at] < 0x80) ? next : -1;
    }
}
