namespace Realm.Formats;

/// <summary>What a nibble stands for in the formats that look it up in a table.</summary>
internal static unsafe class NibbleValues
{
    /// <summary>IQ4_NL and IQ4_XS: closer together near zero, where most weights are. Source: GGML's definition of the formats.</summary>
    public static ReadOnlySpan<sbyte> IQ4 => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>MXFP4 and NVFP4: twice the numbers of sign, two bits of exponent and one of mantissa.</summary>
    public static ReadOnlySpan<sbyte> E2M1 => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>Writes the weights of `count` bytes: those of the low nibbles, then those of the high ones.</summary>
    public static void Decode(byte* bytes, int count, ReadOnlySpan<sbyte> values, float scale, float* output)
    {
        for (int i = 0; i < count; i++)
        {
            output[i] = scale * values[bytes[i] & 15];
            output[count + i] = scale * values[bytes[i] >> 4];
        }
    }
}
