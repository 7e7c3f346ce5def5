namespace Realm.Tokenizers.Splitters;

/// <summary><c>\s+$</c>: white space at the end of the text apart from the rest.</summary>
internal sealed class FinalSpacesSplitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        // Forwards, as UTF-8 reads: where the last run of white space began.
        int run = start;
        for (int at = start; at < text.Length;)
        {
            if ((Scan.At(text, at, out at) & CharClass.Space) == 0)
            {
                run = at;
            }
        }
        return run == start ? text.Length : run;
    }
}
