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
        for (int g = 0; g < 8; g++)
        {
            int group = block->Groups8[g];
            Vector128<short> scale = Vector128.Create((short)(2 * (group >> 12 & 7) + 1)), delta = Vector128.Create((short)(1 - (group >> 15) * 2));
            for (int i = 0; i < 4; i++, words += 8, low++)
                ((Vector128.Load(points + 8 * (*low | (group >> 3 * i & 7) << 8)) + delta) * scale).Store(words);
        }
        return (float)block->D / 8;
    }
}
