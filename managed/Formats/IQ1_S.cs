using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>1.6 bits: 8 groups of 32 weights d·scale·(p ± 1/8), where p are points of <see cref="Codebook.IQ1"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ1_S : IBlock<IQ1_S>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The low eight bits of the four points' numbers in each group.</summary>
    public fixed byte Points32[32];

    /// <summary>For each group the upper three bits of its four numbers, three bits s of the scale 2s + 1, and whether 1/8 is subtracted.</summary>
    public fixed ushort Groups8[8];

    public static int Elements => 256;

    public static void Decode(IQ1_S* block, float* output)
    {
        byte* points = Codebook.IQ1;
        float d = (float)block->D;
        for (int i = 0; i < 32; i++)
        {
            int group = block->Groups8[i / 4];
            int number = block->Points32[i] | (group >> 3 * (i % 4) & 7) << 8;
            float scale = d * (2 * (group >> 12 & 7) + 1);
            Codebook.Decode(points + 8 * number, group >> 15 == 0 ? 0.125f : -0.125f, scale, output + 8 * i);
        }
    }
}
