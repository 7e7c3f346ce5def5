using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>1.75 bits: 16 groups of 16 weights d·scale·(p ± 1/8), where p are points of <see cref="Codebook.IQ1"/>; each point has a sign of its
/// 1/8.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ1_M : IBlock<IQ1_M>
{
    /// <summary>The low eight bits of the points' numbers.</summary>
    public fixed byte Points32[32];

    /// <summary>A nibble for each point, low ones first: the upper three bits of its number, and whether 1/8 is subtracted.</summary>
    public fixed byte High16[16];

    /// <summary>Each of the four has three bits s of four groups' scales 2s + 1, and in its upper four bits a part of the half-precision d, lowest first.</summary>
    public fixed ushort Scales4[4];

    public static int Elements => 256;

    public static void Decode(IQ1_M* block, float* output)
    {
        byte* points = Codebook.IQ1;
        int bits = 0;
        for (int i = 0; i < 4; i++)
            bits |= block->Scales4[i] >> 12 << 4 * i;
        float d = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
        for (int i = 0; i < 32; i++)
        {
            int group = i / 2;
            int high = block->High16[i / 2] >> 4 * (i % 2);
            int number = block->Points32[i] | (high & 7) << 8;
            float scale = d * (2 * (block->Scales4[group / 4] >> 3 * (group % 4) & 7) + 1);
            Codebook.Decode(points + 8 * number, (high & 8) == 0 ? 0.125f : -0.125f, scale, output + 8 * i);
        }
    }
}
