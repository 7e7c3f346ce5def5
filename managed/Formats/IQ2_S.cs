using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>2.6 bits: 16 groups of 16 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_S"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_S : IUnpackedFormat<IQ2_S>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The low eight bits of the points' numbers.</summary>
    public fixed byte Points32[32];

    /// <summary>Eight signs for each point.</summary>
    public fixed byte Signs32[32];

    /// <summary>The upper two bits of the points' numbers, four to a byte.</summary>
    public fixed byte High8[8];

    /// <summary>A nibble s for each group, low ones first.</summary>
    public fixed byte Scales8[8];

    public static int Elements => 256;

    public static float Unpack(IQ2_S* block, short* words)
    {
        short* points = Codebook.IQ2_S, signs = Codebook.Signs;
        for (int g = 0; g < 16; g++)
        {
            int scale = 2 * (block->Scales8[g / 2] >> g % 2 * 4 & 15) + 1;
            int high = block->High8[g / 2] >> g % 2 * 4;
            for (int i = 0; i < 2; i++, words += 8)
            {
                int number = block->Points32[2 * g + i] | (high >> 2 * i & 3) << 8;
                Codebook.Store(Vector128.Load(points + 8 * number), scale, signs + 8 * block->Signs32[2 * g + i], words);
            }
        }
        return (float)block->D / 8;
    }
}
