using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>2.1 bits: 256 weights d·(q - 1). 32 bytes hold 128 of them: bits 2j and 2j + 1 of byte i are weight 32j + i.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct TQ2_0 : IFormat<TQ2_0>, IDigitTile
{
    /// <summary>Four q a byte.</summary>
    public fixed byte Quants64[64];

    /// <summary>Scale d.</summary>
    public Half D;

    public static int Elements => 256;

    public static void Decode(TQ2_0* block, float* output)
    {
        float d = (float)block->D;
        for (int i = 0; i < 256; i++)
            output[i] = d * ((block->Quants64[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3) - 1);
    }

    // Packed: 16 x d, then sixteen times 16 x 4 bytes.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(TQ2_0* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Quants64, Words, packed + 32);
    }

    public static int BlockElements => Elements;

    public static int Words => 16;

    public static int Base => 4;

    public static int Word(int half) => (half & 8) + (half & 1) * 4;

    public static int Digit(int half) => half >> 1 & 3;
}
