namespace Realm.Tokenizers;

/// <summary>
/// How RWKV's files write the bytes of a token: \t, \n, \r, \xHH; a backslash before any other character is that character.
/// </summary>
internal static class EscapedText
{
    /// <summary>The bytes of a text; <paramref name="bytes"/> has room for the text itself. Returns how many there are.</summary>
    public static int Read(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        int length = 0;
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] != '\\')
            {
                bytes[length++] = text[at];
                continue;
            }
            if (++at == text.Length)
            {
                break; // a backslash at the end is nothing
            }
            if (text[at] == 'x')
            {
                if (at + 2 >= text.Length)
                {
                    break;
                }
                bytes[length++] = (byte)((Digit(text[at + 1]) << 4) + Digit(text[at + 2]));
                at += 2;
                continue;
            }
            bytes[length++] = text[at] switch
            {
                (byte)'t' => (byte)'\t',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                byte other => other,
            };
        }
        return length;
    }

    private static int Digit(byte digit) => digit >= 'a' ? digit - 'a' + 10 : digit >= 'A' ? digit - 'A' + 10 : digit - '0';
}
