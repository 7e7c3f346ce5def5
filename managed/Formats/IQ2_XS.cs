using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>2.3 bits: 16 groups of 16 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_XS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_XS : IBlock<IQ2_XS>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The numbers of the points in the low nine bits, seven signs in the upper ones.</summary>
    public fixed ushort Points32[32];

    /// <summary>A nibble s for each group, low ones first.</summary>
    public fixed byte Scales8[8];

    public static int Elements => 256;

    public static void Decode(IQ2_XS* block, float* output)
    {
        byte* points = Codebook.IQ2_XS;
        float d = (float)block->D / 8;
        for (int i = 0; i < 32; i++)
        {
            uint both = block->Points32[i];
            float scale = d * (2 * (block->Scales8[i / 4] >> i / 2 % 2 * 4 & 15) + 1);
            Codebook.Decode(*(ulong*)(points + 8 * (both & 511)), Codebook.EvenSigns(both >> 9), scale, output + 8 * i);
        }
    }
}
