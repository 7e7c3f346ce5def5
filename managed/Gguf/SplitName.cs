using System.Globalization;

namespace Realm.Gguf;

/// <summary>
/// The path of one part of a split model, <c>NAME-00001-of-00003.gguf</c>. Other parts' paths are made from it and from
/// nothing in the file: a file must not be able to name other files.
/// </summary>
/// <param name="Prefix">The path up to <c>NAME</c>.</param>
/// <param name="Number">This part's number, counted from 1.</param>
/// <param name="Count">Parts there are, as the name says.</param>
internal readonly record struct SplitName(string Prefix, int Number, int Count)
{
    private const string Pattern = "-00000-of-00000.gguf";

    /// <summary>Takes a path apart; null when it has not that form.</summary>
    public static SplitName? Parse(string path)
    {
        if (path.Length <= Pattern.Length) return null;
        ReadOnlySpan<char> end = path.AsSpan(path.Length - Pattern.Length);
        bool formed = end[0] == '-' && end.Slice(6, 4).SequenceEqual("-of-") && end[15..].SequenceEqual(".gguf");
        if (!formed || !Digits(end.Slice(1, 5), out int number) || !Digits(end.Slice(10, 5), out int count)) return null;
        return new SplitName(path[..^Pattern.Length], number, count);
    }

    /// <summary>The path of another part; <paramref name="index"/> counts from 0.</summary>
    public string PathOf(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{index + 1:D5}-of-{Count:D5}.gguf");

    private static bool Digits(ReadOnlySpan<char> text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
