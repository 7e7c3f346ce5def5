namespace Realm.Tokenizers;

/// <summary>
/// The clean-up of white space that some models ask for (transformers' clean_up_tokenization_spaces, in llama.cpp's
/// form): no space before <c>? ! . ,</c>, around a lone apostrophe, or before <c>'s 'm 're 've</c>. It loses information;
/// it is applied to whole texts only, never to a stream of tokens.
/// </summary>
internal static class DetokenizedSpaces
{
    /// <summary>Cleans the text in place and returns its new length.</summary>
    public static int Clean(Span<byte> text)
    {
        text = text[..DropBeforeStops(text)];
        text = text[..DropAroundApostrophes(text)];
        return DropBeforeContractions(text);
    }

    private static int DropBeforeStops(Span<byte> text)
    {
        int length = 0;
        byte previous = 0;
        foreach (byte b in text)
        {
            if (previous == ' ' && b is (byte)'?' or (byte)'!' or (byte)'.' or (byte)',')
            {
                length--;
            }
            text[length++] = previous = b;
        }
        return length;
    }

    private static int DropAroundApostrophes(Span<byte> text)
    {
        int length = 0;
        for (int at = 0; at < text.Length; at++)
        {
            byte b = text[at];
            bool alone = b == '\'' && at > 0 && at + 1 < text.Length && text[at - 1] == ' ' && text[at + 1] == ' ';
            if (alone)
            {
                length--;
                text[++at] = 0; // the space after it is gone, also as a space before what follows
            }
            text[length++] = b;
        }
        return length;
    }

    private static int DropBeforeContractions(Span<byte> text)
    {
        int length = 0;
        for (int at = 0; at < text.Length; at++)
        {
            byte b = text[at];
            if (b == '\'' && at > 0 && text[at - 1] == ' ')
            {
                ReadOnlySpan<byte> rest = text[(at + 1)..];
                if (rest is [(byte)'s' or (byte)'m', ..] or [(byte)'r' or (byte)'v', (byte)'e', ..])
                {
                    length--;
                }
            }
            text[length++] = b;
        }
        return length;
    }
}
