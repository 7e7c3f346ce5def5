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
        int bits = 0;
        for (int g = 0; g < 16; g++)
        {
            int part = block->Scales4[g / 4], two = block->High16[g];
            bits |= part >> 12 << 4 * (g / 4);
            Vector128<short> scale = Vector128.Create((short)(2 * (part >> 3 * (g % 4) & 7) + 1));
            for (int i = 0; i < 2; i++, words += 8)
            {
                int high = two >> 4 * i;
                Vector128<short> delta = Vector128.Create((short)(1 - (high >> 3 & 1) * 2));
                ((Vector128.Load(points + 8 * (block->Points32[2 * g + i] | (high & 7) << 8)) + delta) * scale).Store(words);
            }
        }
        return (float)BitConverter.UInt16BitsToHalf((ushort)bits) / 8;
    }
}
