using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>4.25 bits: 8 groups of 32 weights d·(scale - 32)·v, v being one of <see cref="NibbleValues.IQ4"/>, with 6-bit scales. Each 16 bytes hold
/// 32 weights: byte i weights i (low) and 16 + i (high).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ4_XS : IBlock<IQ4_XS>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The upper two bits of the eight scales.</summary>
    public ushort HighScales;

    /// <summary>The lower four bits of the eight scales.</summary>
    public uint LowScales;

    /// <summary>Two nibbles a byte.</summary>
    public fixed byte Quants128[128];

    public static int Elements => 256;

    public static void Decode(IQ4_XS* block, float* output)
    {
        float d = (float)block->D;
        for (int g = 0; g < 8; g++)
        {
            int scale = (int)(block->LowScales >> 4 * g & 15) | (block->HighScales >> 2 * g & 3) << 4;
            NibbleValues.Decode(block->Quants128 + 16 * g, 16, NibbleValues.IQ4, d * (scale - 32), output + 32 * g);
        }
    }
}
