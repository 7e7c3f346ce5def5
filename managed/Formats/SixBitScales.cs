namespace Realm.Formats;

/// <summary>Eight 6-bit scales and eight 6-bit minimums in 12 bytes, as <see cref="Q4_K"/> and <see cref="Q5_K"/> have them: bytes 0 to 3
/// are scales 0 to 3 and bytes 4 to 7 minimums 0 to 3, both in their low six bits; bytes 8 to 11 hold the low nibbles of scales and (in
/// the high nibble) minimums 4 to 7, whose upper two bits are those left over in bytes 0 to 7.</summary>
internal static unsafe class SixBitScales
{
    /// <summary>Scale and minimum of sub-block j.</summary>
    public static (int Scale, int Min) Read(byte* bytes, int j)
    {
        if (j < 4)
            return (bytes[j] & 63, bytes[j + 4] & 63);
        int low = bytes[j + 4];
        return (low & 15 | bytes[j - 4] >> 6 << 4, low >> 4 | bytes[j] >> 6 << 4);
    }
}
