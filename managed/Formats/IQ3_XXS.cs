using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>3.1 bits: 8 groups of 32 weights ±d·(2s + 1)/4·p, where p are points of <see cref="Codebook.IQ3_XXS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ3_XXS : IUnpackedFormat<IQ3_XXS>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The numbers of the points, each for four weights.</summary>
    public fixed byte Points64[64];

    /// <summary>For each group four times seven signs, and s.</summary>
    public fixed uint Groups8[8];

    public static int Elements => 256;

    public static float Unpack(IQ3_XXS* block, short* words)
    {
        short* points = Codebook.IQ3_XXS, signs = Codebook.EvenSigns;
        byte* numbers = block->Points64;
        for (int g = 0; g < 8; g++)
        {
            uint group = block->Groups8[g];
            int scale = 2 * (int)(group >> 28) + 1;
            for (int i = 0; i < 4; i++, words += 8, numbers += 2)
                Codebook.Store(Codebook.Two(points + 4 * numbers[0], points + 4 * numbers[1]), scale, signs + 8 * (group >> 7 * i & 127), words);
        }
        return (float)block->D / 4;
    }
}
