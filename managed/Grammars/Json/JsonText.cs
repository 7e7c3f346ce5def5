using System.Text;
using System.Text.Json;
using Realm.Grammars.Texts;

namespace Realm.Grammars.Json;

/// <summary>
/// How values are written. Every string has one form, JSON.stringify's: quotes, backslashes and control characters are escaped, all
/// else stands as it is. So what is no text of a pattern is told by its bytes.
/// </summary>
internal static class JsonText
{
    private static readonly CodePoints Raw = CodePoints.Of(('"', '"'), ('\\', '\\'), (0, 0x1F)).Complement();
    private static readonly (int Point, char Letter)[] Short =
        [('"', '"'), ('\\', '\\'), ('\b', 'b'), ('\f', 'f'), ('\n', 'n'), ('\r', 'r'), ('\t', 't')];

    /// <summary>One character of a set within a string.</summary>
    public static int Character(ExpressionStore store, CodePoints points)
    {
        int all = Utf8.Expression(store, ReferenceEquals(points, CodePoints.All) ? Raw : points.Intersect(Raw));
        foreach ((int point, char letter) in Short)
        {
            if (points.Contains(point))
            {
                all = store.Choice(all, store.Literal([(byte)'\\', (byte)letter]));
            }
        }
        // The control characters without a letter, sixteen in a row with one digit each.
        for (int high = 0; high < 2; high++)
        {
            ByteSet digits = default;
            for (int low = 0; low < 16; low++)
            {
                int point = high * 16 + low;
                if (point is not ('\b' or '\f' or '\n' or '\r' or '\t') && points.Contains(point))
                {
                    digits |= ByteSet.Of((byte)"0123456789abcdef"[low]) | ByteSet.Of((byte)"0123456789ABCDEF"[low]);
                }
            }
            all = store.Choice(all, store.Sequence(store.Literal([.. "\\u00"u8, (byte)('0' + high)]), store.Bytes(digits)));
        }
        return all;
    }

    /// <summary>The characters of a string as they stand between its quotes. Halves of surrogate pairs become U+FFFD.</summary>
    public static void AppendCharacters(string text, List<byte> bytes)
    {
        Span<byte> encoded = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int known = Array.FindIndex(Short, pair => pair.Point == rune.Value);
            if (known >= 0)
            {
                bytes.Add((byte)'\\');
                bytes.Add((byte)Short[known].Letter);
            }
            else if (rune.Value < 0x20)
            {
                bytes.AddRange(Encoding.ASCII.GetBytes($"\\u{rune.Value:x4}"));
            }
            else
            {
                bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
            }
        }
    }

    public static byte[] Characters(string text)
    {
        var bytes = new List<byte>(text.Length);
        AppendCharacters(text, bytes);
        return [.. bytes];
    }

    /// <summary>
    /// A value as JSON.stringify writes it, numbers included; numbers that JavaScript can't hold stay as they are written.
    /// </summary>
    public static byte[] Write(JsonItem item, JsonLayout layout)
    {
        var bytes = new List<byte>();
        Append(item, layout, bytes);
        return [.. bytes];
    }

    private static void Append(JsonItem item, JsonLayout layout, List<byte> bytes)
    {
        switch (item.Kind)
        {
            case JsonValueKind.Null:
                bytes.AddRange("null"u8);
                break;
            case JsonValueKind.True:
                bytes.AddRange("true"u8);
                break;
            case JsonValueKind.False:
                bytes.AddRange("false"u8);
                break;
            case JsonValueKind.Number:
                bytes.AddRange(Encoding.ASCII.GetBytes(Exact.Parse(item.Text)?.ToString() ?? item.Text));
                break;
            case JsonValueKind.String:
                bytes.Add((byte)'"');
                AppendCharacters(item.Text, bytes);
                bytes.Add((byte)'"');
                break;
            default:
                bytes.Add(item.IsArray ? (byte)'[' : (byte)'{');
                for (int i = 0; i < item.Items.Count; i++)
                {
                    if (i > 0)
                    {
                        bytes.AddRange(layout.PlainComma);
                    }
                    if (item.IsObject)
                    {
                        bytes.Add((byte)'"');
                        AppendCharacters(item.Items[i].Name!, bytes);
                        bytes.Add((byte)'"');
                        bytes.AddRange(layout.PlainColon);
                    }
                    // Values are at most as deep as a schema may be.
                    Append(item.Items[i], layout, bytes);
                }
                bytes.Add(item.IsArray ? (byte)']' : (byte)'}');
                break;
        }
    }
}
