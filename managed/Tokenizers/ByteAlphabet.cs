using System.Text;

namespace Realm.Tokenizers;

/// <summary>
/// How byte-level vocabularies write bytes in their token texts: GPT-2's alphabet, in which every byte is one printable
/// code point. The printable bytes of Latin-1 stand for themselves; the other 68, in order, are U+0100 and on
/// (so space is U+0120, "Ġ").
/// </summary>
internal static class ByteAlphabet
{
    private const int Letters = 256 + 68;
    private static readonly short[] s_bytes = Build();

    /// <summary>
    /// The bytes that a token text stands for; false when it contains a code point outside of the alphabet (such a token
    /// is never made by merging, only recognised as a whole). <paramref name="bytes"/> has room for the text itself.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes, out int length)
    {
        length = 0;
        int at = 0;
        while (at < text.Length)
        {
            int codePoint = text[at++];
            if (codePoint is >= 0xC2 and <= 0xC5 && at < text.Length && (text[at] & 0xC0) == 0x80)
            {
                codePoint = ((codePoint & 0x1F) << 6) | (text[at++] & 0x3F);
            }
            else if (codePoint >= 0x80)
            {
                return false;
            }
            if (codePoint >= Letters || s_bytes[codePoint] < 0)
            {
                return false;
            }
            bytes[length++] = (byte)s_bytes[codePoint];
        }
        return true;
    }

    /// <summary>
    /// The bytes to show for a token text that may leave the alphabet: what is outside of it stands for itself.
    /// <paramref name="bytes"/> has room for the text itself.
    /// </summary>
    public static int Render(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        int length = 0;
        while (text.Length > 0)
        {
            int next = Rune.DecodeFromUtf8(text, out _, out int consumed) == System.Buffers.OperationStatus.Done ? consumed : 1;
            if (TryDecode(text[..next], bytes[length..], out int decoded))
            {
                length += decoded;
            }
            else
            {
                text[..next].CopyTo(bytes[length..]);
                length += next;
            }
            text = text[next..];
        }
        return length;
    }

    private static short[] Build()
    {
        var bytes = new short[Letters];
        bytes.AsSpan().Fill(-1);
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            bytes[printable ? b : next++] = (short)b;
        }
        return bytes;
    }
}
