using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>2.1 bits: 8 groups of 32 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_XXS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_XXS : IBlock<IQ2_XXS>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>Of each group the numbers of four points, then 32 bits: four times seven signs, and s.</summary>
    public fixed byte Groups64[64];

    public static int Elements => 256;

    public static void Decode(IQ2_XXS* block, float* output)
    {
        byte* points = Codebook.IQ2_XXS;
        float d = (float)block->D / 8;
        for (int g = 0; g < 8; g++)
        {
            byte* numbers = block->Groups64 + 8 * g;
            uint rest = *(uint*)(numbers + 4);
            float scale = d * (2 * (int)(rest >> 28) + 1);
            for (int i = 0; i < 4; i++, output += 8)
                Codebook.Decode(*(ulong*)(points + 8 * numbers[i]), Codebook.EvenSigns(rest >> 7 * i & 127), scale, output);
        }
    }
}
