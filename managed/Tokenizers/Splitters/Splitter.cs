namespace Realm.Tokenizers.Splitters;

/// <summary>
/// One regular expression of a pre-tokenizer, written as a scanner: it cuts a text into pieces, each a match or the text
/// between two matches. Scanners look at each byte a bounded number of times, whatever the text (the expressions
/// themselves, run by a backtracking engine, do not), and keep no state of their own: one serves all threads.
/// </summary>
internal abstract class Splitter
{
    /// <summary>Where the piece that begins at <paramref name="start"/> ends; beyond <paramref name="start"/> always.</summary>
    /// <param name="text">The whole text to cut: look-ahead sees its end as the end of input.</param>
    /// <param name="start">Where the piece begins: 0, or where the last one ended.</param>
    /// <param name="memo">What a scanner wants to remember from one piece to the next of the same text; 0 at first.</param>
    public abstract int Next(ReadOnlySpan<byte> text, int start, ref int memo);
}

/// <summary>A scanner for an expression that does not match everywhere: what lies between matches is a piece too.</summary>
internal abstract class MatchSplitter : Splitter
{
    /// <summary>The end of the match that begins exactly at <paramref name="at"/>, or -1. Constant time when it fails.</summary>
    protected abstract int MatchEnd(ReadOnlySpan<byte> text, int at);

    /// <inheritdoc/>
    public sealed override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        int end = MatchEnd(text, start);
        if (end > start)
        {
            return end;
        }
        int at = start;
        do
        {
            Scan.At(text, at, out at);
        }
        while (at < text.Length && MatchEnd(text, at) < 0);
        return at;
    }
}
