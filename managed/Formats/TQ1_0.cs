using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>1.7 bits: 256 weights d·t, t being -1, 0 or 1. Five of them are one byte: its value by 256 is, rounded up, the ternary fraction whose digits
/// are t + 1.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct TQ1_0 : IBlock<TQ1_0>
{
    /// <summary>Digit n of byte i is weight 32n + i for the first 32 bytes, weight 160 + 16n + i - 32 for the other 16.</summary>
    public fixed byte Fives48[48];

    /// <summary>Digit n (0 to 3) of byte i is weight 240 + 4n + i.</summary>
    public fixed byte Fours4[4];

    /// <summary>Scale d.</summary>
    public Half D;

    public static int Elements => 256;

    public static void Decode(TQ1_0* block, float* output)
    {
        float d = (float)block->D;
        Decode(block->Fives48, 32, 5, d, output);
        Decode(block->Fives48 + 32, 16, 5, d, output + 160);
        Decode(block->Fours4, 4, 4, d, output + 240);
    }

    // Three times a fraction is its first digit and, behind the point, the other digits.
    private static void Decode(byte* bytes, int count, int digits, float d, float* output)
    {
        for (int i = 0; i < count; i++)
        {
            int fraction = bytes[i];
            for (int n = 0; n < digits; n++)
            {
                fraction *= 3;
                output[count * n + i] = d * ((fraction >> 8) - 1);
                fraction &= 255;
            }
        }
    }
}
