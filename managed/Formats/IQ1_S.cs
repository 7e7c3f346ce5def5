using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>1.6 bits: 8 groups of 32 weights d·scale·(p ± 1/8), where p are points of <see cref="Codebook.IQ1"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ1_S : IUnpackedFormat<IQ1_S>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The low eight bits of the four points' numbers in each group.</summary>
    public fixed byte Points32[32];

    /// <summary>For each group the upper three bits of its four numbers, three bits s of the scale 2s + 1, and whether 1/8 is subtracted.</summary>
    public fixed ushort Groups8[8];

    public static int Elements => 256;

    public static float Unpack(IQ1_S* block, short* words)
    {
        short* points = Codebook.IQ1;
        byte* low = block->Points32;
        for (int g = 0; g < 8; g++, words += 32, low += 4)
        {
            // Written out, because the compiler would keep a loop, which costs as much as its body.
            uint group = block->Groups8[g];
            int subtract = (int)(group >> 15);
            Vector128<short> scale = Vector128.Create((short)(2 * (group >> 12 & 7) + 1));
            Codebook.Store(points, low[0] | group << 8 & 0x700, subtract, scale, words);
            Codebook.Store(points, low[1] | group << 5 & 0x700, subtract, scale, words + 8);
            Codebook.Store(points, low[2] | group << 2 & 0x700, subtract, scale, words + 16);
            Codebook.Store(points, low[3] | group >> 1 & 0x700, subtract, scale, words + 24);
        }
        return (float)block->D / 8;
    }
}
