using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>2.3 bits: 16 groups of 16 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_XS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_XS : IUnpackedFormat<IQ2_XS>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The numbers of the points in the low nine bits, seven signs in the upper ones.</summary>
    public fixed ushort Points32[32];

    /// <summary>A nibble s for each group, low ones first.</summary>
    public fixed byte Scales8[8];

    public static int Elements => 256;

    public static float Unpack(IQ2_XS* block, short* words)
    {
        short* points = Codebook.IQ2_XS, signs = Codebook.EvenSigns;
        for (int g = 0; g < 16; g++)
        {
            int scale = 2 * (block->Scales8[g / 2] >> g % 2 * 4 & 15) + 1;
            for (int i = 0; i < 2; i++, words += 8)
            {
                uint both = block->Points32[2 * g + i];
                Codebook.Store(Vector128.Load(points + 8 * (both & 511)), scale, signs + 8 * (both >> 9), words);
            }
        }
        return (float)block->D / 8;
    }
}
