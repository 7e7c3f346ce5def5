using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>2.3 bits: 64 weights d·(q - 1), four consecutive ones a byte.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q2_0 : IFormat<Q2_0>, IDigitTile
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Four q a byte.</summary>
    public fixed byte Quants16[16];

    public static int Elements => 64;

    public static void Decode(Q2_0* block, float* output)
    {
        float d = (float)block->D;
        for (int i = 0; i < 64; i++)
            output[i] = d * ((block->Quants16[i / 4] >> i % 4 * 2 & 3) - 1);
    }

    // Packed: 16 x d, then four times 16 x 4 bytes, their bits arranged.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(Q2_0* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Quants16, DigitPlanes.Words, packed + 32);
        DigitPlanes.Arrange(packed + 32, 2);
    }

    public static int BlockElements => Elements;

    public static int Words => DigitPlanes.Words;

    public static int Base => 4;

    public static int Word(int half) => 0;

    public static int Digit(int half) => half;
}
