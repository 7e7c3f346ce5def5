using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>2.1 bits: 8 groups of 32 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_XXS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_XXS : IUnpackedFormat<IQ2_XXS>
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>Of each group the numbers of four points, then 32 bits: four times seven signs, and s.</summary>
    public fixed byte Groups64[64];

    public static int Elements => 256;

    public static float Unpack(IQ2_XXS* block, short* words)
    {
        short* points = Codebook.IQ2_XXS, signs = Codebook.EvenSigns;
        for (int g = 0; g < 8; g++)
        {
            byte* numbers = block->Groups64 + 8 * g;
            uint rest = *(uint*)(numbers + 4);
            int scale = 2 * (int)(rest >> 28) + 1;
            for (int i = 0; i < 4; i++, words += 8)
                Codebook.Store(Vector128.Load(points + 8 * numbers[i]), scale, signs + 8 * (rest >> 7 * i & 127), words);
        }
        return (float)block->D / 8;
    }
}
