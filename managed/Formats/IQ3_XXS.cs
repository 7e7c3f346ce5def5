using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>3.1 bits: 8 groups of 32 weights ±d·(2s + 1)/4·p, where p are points of <see cref="Codebook.IQ3_XXS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ3_XXS : IBlock<IQ3_XXS>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The numbers of the points, each for four weights.</summary>
    public fixed byte Points64[64];

    /// <summary>For each group four times seven signs, and s.</summary>
    public fixed uint Groups8[8];

    public static int Elements => 256;

    public static void Decode(IQ3_XXS* block, float* output)
    {
        byte* points = Codebook.IQ3_XXS;
        float d = (float)block->D / 4;
        for (int i = 0; i < 32; i++)
        {
            uint group = block->Groups8[i / 4];
            ulong low = *(uint*)(points + 4 * block->Points64[2 * i]), high = *(uint*)(points + 4 * block->Points64[2 * i + 1]);
            float scale = d * (2 * (int)(group >> 28) + 1);
            Codebook.Decode(low | high << 32, Codebook.EvenSigns(group >> 7 * (i % 4) & 127), scale, output + 8 * i);
        }
    }
}
