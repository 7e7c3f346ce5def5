namespace Realm.Tokenizers;

/// <summary>SentencePiece's way to write spaces: U+2581, "▁".</summary>
internal static class WrittenSpaces
{
    private static ReadOnlySpan<byte> Space => "\u2581"u8;

    /// <summary>A text with its spaces written.</summary>
    /// <param name="text">The text.</param>
    /// <param name="prefix">Whether a space comes before it.</param>
    public static byte[] Write(ReadOnlySpan<byte> text, bool prefix)
    {
        int spaces = text.Count((byte)' ') + (prefix ? 1 : 0);
        var written = new byte[checked(text.Length + (prefix ? 1 : 0) + spaces * (Space.Length - 1))];
        int at = 0;
        if (prefix)
        {
            Space.CopyTo(written);
            at = Space.Length;
        }
        foreach (byte b in text)
        {
            if (b == ' ')
            {
                Space.CopyTo(written.AsSpan(at));
                at += Space.Length;
            }
            else
            {
                written[at++] = b;
            }
        }
        return written;
    }

    /// <summary>The text with its written spaces as spaces again; the length of what is in <paramref name="plain"/>.</summary>
    public static int Read(ReadOnlySpan<byte> text, Span<byte> plain)
    {
        int length = 0;
        for (int at = 0; at < text.Length;)
        {
            bool space = text[at..].StartsWith(Space);
            plain[length++] = space ? (byte)' ' : text[at];
            at += space ? Space.Length : 1;
        }
        return length;
    }

    /// <summary>Whether a written space stands behind another character.</summary>
    public static bool AreInside(ReadOnlySpan<byte> text)
    {
        while (text.StartsWith(Space))
        {
            text = text[Space.Length..];
        }
        return text.IndexOf(Space) >= 0;
    }
}
