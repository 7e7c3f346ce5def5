namespace Realm.Tokenizers.Splitters;

/// <summary><c>\p{N}{1,max}</c>: numbers in pieces of at most <paramref name="max"/> digits.</summary>
internal sealed class NumberSplitter(int max) : Splitter
{
    private const CharClass NotNumber = ~CharClass.Number;

    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> text, int start, ref int memo) =>
        (Scan.At(text, start) & CharClass.Number) != 0
            ? Scan.RunEnd(text, start, CharClass.Number, max)
            : Scan.RunEnd(text, start, NotNumber);
}
