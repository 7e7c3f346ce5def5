namespace Realm.Tokenizers.Splitters;

/// <summary>
/// GPT-2: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>
/// </summary>
internal sealed class Gpt2Splitter : Splitter
{
    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo)
    {
        int contraction = Scan.ContractionEnd(text, start, ignoreCase: false);
        if (contraction > start)
        {
            return contraction;
        }
        CharClass first = Scan.At(text, start, out int next);
        if (text[start] == ' ')
        {
            CharClass second = Scan.At(text, next, out int afterSecond);
            if ((second & ~CharClass.Space) != 0)
            {
                first = second;
                next = afterSecond;
            }
        }
        CharClass run = (first & CharClass.Letter) != 0 ? CharClass.Letter
            : (first & CharClass.Number) != 0 ? CharClass.Number
            : first & CharClass.NotWord;
        if (run == 0)
        {
            return Scan.SpacesEnd(text, start);
        }
        return Scan.RunEnd(text, next, (run & CharClass.NotWord) != 0 ? CharClass.NotWord : run);
    }
}
