using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>1.7 bits: 256 weights d·t, t being -1, 0 or 1. Five of them are one byte: its value by 256 is, rounded up, the ternary fraction whose digits
/// are t + 1.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct TQ1_0 : IFormat<TQ1_0>, IDigitTile
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
        Decode(block->Fives48, 32, 5, (float)block->D, output);
        Decode(block->Fives48 + 32, 16, 5, (float)block->D, output + 160);
        Decode(block->Fours4, 4, 4, (float)block->D, output + 240);
    }

    // Three times a fraction is its first digit and, behind the point, the other digits.
    private static void Decode(byte* fractions, int count, int digits, float d, float* output)
    {
        for (int i = 0; i < count; i++)
        {
            int fraction = fractions[i];
            for (int n = 0; n < digits; n++)
            {
                output[count * n + i] = d * ((3 * fraction >> 8) - 1);
                fraction = 3 * fraction & 255;
            }
        }
    }

    // Packed: 16 x d, then thirteen times 16 x 4 bytes.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(TQ1_0* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Fives48, Words, packed + 32);
    }

    public static int BlockElements => Elements;

    public static int Words => 13;

    public static int Base => 3;

    public static int Word(int half) => half < 10 ? (half & 1) * 4 : OneWord(half) ? 12 : 8;

    public static int Digit(int half) => half < 10 ? half >> 1 : OneWord(half) ? 0 : half - 10;

    // The last 16 weights.
    public static bool OneWord(int half) => half == 15;
}
