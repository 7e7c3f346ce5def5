using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>1.75 bits: 16 groups of 16 weights d·scale·(p ± 1/8), where p are points of <see cref="Codebook.IQ1"/>; each point has a sign of its
/// 1/8.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ1_M : IUnpackedFormat<IQ1_M>
{
    /// <summary>The low eight bits of the points' numbers.</summary>
    public fixed byte Points32[32];

    /// <summary>A nibble for each point, low ones first: the upper three bits of its number, and whether 1/8 is subtracted.</summary>
    public fixed byte High16[16];

    /// <summary>Each of the four has three bits s of four groups' scales 2s + 1, and in its upper four bits a part of the half-precision d, lowest first.</summary>
    public fixed ushort Scales4[4];

    public static int Elements => 256;

    public static float Unpack(IQ1_M* block, short* words)
    {
        short* points = Codebook.IQ1;
        byte* low = block->Points32, high = block->High16;
        uint bits = 0;
        for (int i = 0; i < 4; i++)
        {
            uint scales = block->Scales4[i];
            bits |= scales >> 12 << 4 * i;
            for (int g = 0; g < 4; g++, words += 16, low += 2, high++, scales >>= 3)
            {
                Vector128<short> scale = Vector128.Create((short)(2 * (scales & 7) + 1));
                uint two = *high;
                Codebook.Store(points, low[0] | two << 8 & 0x700, (int)(two >> 3 & 1), scale, words);
                Codebook.Store(points, low[1] | two << 4 & 0x700, (int)(two >> 7), scale, words + 8);
            }
        }
        return (float)BitConverter.UInt16BitsToHalf((ushort)bits) / 8;
    }
}
