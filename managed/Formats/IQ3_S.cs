using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>3.4 bits: 8 groups of 32 weights ±d·(2s + 1)·p, where p are points of <see cref="Codebook.IQ3_S"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ3_S : IUnpackedFormat<IQ3_S>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The low eight bits of the points' numbers; a point is for four weights.</summary>
    public fixed byte Points64[64];

    /// <summary>The ninth bits of the points' numbers.</summary>
    public fixed byte High8[8];

    /// <summary>The sign of each weight.</summary>
    public fixed byte Signs32[32];

    /// <summary>A nibble s for each group, low ones first.</summary>
    public fixed byte Scales4[4];

    public static int Elements => 256;

    public static float Unpack(IQ3_S* block, short* words)
    {
        short* points = Codebook.IQ3_S, signs = Codebook.Signs;
        byte* numbers = block->Points64;
        for (int g = 0; g < 8; g++)
        {
            int scale = 2 * (block->Scales4[g / 2] >> g % 2 * 4 & 15) + 1;
            int ninth = block->High8[g] << 8;
            for (int i = 0; i < 4; i++, words += 8, numbers += 2, ninth >>= 2)
            {
                Vector128<short> magnitudes = Codebook.Two(points + 4 * (numbers[0] | ninth & 256), points + 4 * (numbers[1] | ninth >> 1 & 256));
                Codebook.Store(magnitudes, scale, signs + 8 * block->Signs32[4 * g + i], words);
            }
        }
        return (float)block->D;
    }
}
