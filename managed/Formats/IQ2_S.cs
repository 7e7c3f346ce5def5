using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>2.6 bits: 16 groups of 16 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_S"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_S : IBlock<IQ2_S>
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

    public static void Decode(IQ2_S* block, float* output)
    {
        byte* points = Codebook.IQ2_S;
        float d = (float)block->D / 8;
        for (int i = 0; i < 32; i++)
        {
            int number = block->Points32[i] | (block->High8[i / 4] >> 2 * (i % 4) & 3) << 8;
            float scale = d * (2 * (block->Scales8[i / 4] >> i / 2 % 2 * 4 & 15) + 1);
            Codebook.Decode(*(ulong*)(points + 8 * number), block->Signs32[i], scale, output + 8 * i);
        }
    }
}
