using System.Globalization;
using System.Text;

namespace Realm.Gguf;

/// <summary>
/// Text from a file or a path, as it may stand in an error message: in quotes, control and invisible characters escaped
/// (a message can reach a terminal), and cut, because a name in a damaged file can be megabytes long.
/// </summary>
internal static class Quoted
{
    /// <summary>Characters of a key or a tensor name that a message shows, and how many they may become by escaping.</summary>
    private const int NameLength = 100, EscapedNameLength = 200;

    /// <summary>Characters of a path that a message shows: its end, which tells more than its beginning.</summary>
    private const int PathLength = 300;

    /// <summary>A key, a tensor name or a value.</summary>
    public static string Name(string text) => text.Length <= NameLength
        ? Name(text, "")
        : Name(text[..NameLength], $" ({text.Length} characters)");

    /// <summary>The same of bytes that should be UTF-8 but may not be; what is not is shown as U+FFFD.</summary>
    public static string Name(ReadOnlySpan<byte> utf8) => utf8.Length <= NameLength
        ? Name(Encoding.UTF8.GetString(utf8), "")
        : Name(Encoding.UTF8.GetString(utf8[..NameLength]), $" ({utf8.Length} bytes)");

    /// <summary>The path or name of a file, without quotes: it stands at the beginning of messages.</summary>
    public static string Path(string path)
    {
        string shown = Escaped(path[Math.Max(0, path.Length - PathLength)..]);
        return path.Length <= PathLength && shown.Length <= PathLength ? shown : $"...{shown[^PathLength..]}";
    }

    private static string Name(string text, string length)
    {
        string shown = Escaped(text);
        bool fits = length.Length == 0 && shown.Length <= EscapedNameLength;
        return fits ? $"'{shown}'" : $"'{shown[..Math.Min(shown.Length, EscapedNameLength)]}...'{length}";
    }

    private static string Escaped(string text)
    {
        StringBuilder? escaped = null;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool pair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (pair || !IsInvisible(c))
            {
                escaped?.Append(text, i, pair ? 2 : 1);
                if (pair) i++;
                continue;
            }
            escaped ??= new StringBuilder(text, 0, i, text.Length + 16);
            escaped.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
        }
        return escaped?.ToString() ?? text;
    }

    /// <summary>Control characters, direction marks and other format characters, line separators, halves of a surrogate pair.</summary>
    private static bool IsInvisible(char c) => char.GetUnicodeCategory(c)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
