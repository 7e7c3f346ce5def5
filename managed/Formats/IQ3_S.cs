using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>3.4 bits: 8 groups of 32 weights ±d·(2s + 1)·p, where p are points of <see cref="Codebook.IQ3_S"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ3_S : IBlock<IQ3_S>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The low eight bits of the points' numbers; a point is for four weights.</summary>
    public fixed byte Points64[64];

    /// <summary>The ninth bits of the points' numbers.</summary>
    public fixed byte High8[8];

    /// <summary>The sign of each weight.</summary>
    public fixed byte Signs32[32];

    /// <summary>A nibble s for each group, low ones first.</summary>
    public fixed byte Scales4[4];

    public static int Elements => 256;

    public static void Decode(IQ3_S* block, float* output)
    {
        byte* points = Codebook.IQ3_S;
        float d = (float)block->D;
        for (int i = 0; i < 32; i++)
        {
            int ninth = block->High8[i / 4] >> 2 * (i % 4);
            ulong low = *(uint*)(points + 4 * (block->Points64[2 * i] | (ninth & 1) << 8));
            ulong high = *(uint*)(points + 4 * (block->Points64[2 * i + 1] | (ninth >> 1 & 1) << 8));
            float scale = d * (2 * (block->Scales4[i / 8] >> i / 4 % 2 * 4 & 15) + 1);
            Codebook.Decode(low | high << 32, block->Signs32[i], scale, output + 8 * i);
        }
    }
}
