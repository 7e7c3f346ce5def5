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
        byte* numbers = block->Groups64;
        for (int g = 0; g < 8; g++, words += 32, numbers += 8)
        {
            // Written out, because the compiler would keep a loop, which costs as much as its body.
            uint rest = *(uint*)(numbers + 4);
            Vector128<short> scale = Vector128.Create((short)(2 * (rest >> 28) + 1));
            Codebook.Store(points, numbers[0], scale, signs, rest & 127, words);
            Codebook.Store(points, numbers[1], scale, signs, rest >> 7 & 127, words + 8);
            Codebook.Store(points, numbers[2], scale, signs, rest >> 14 & 127, words + 16);
            Codebook.Store(points, numbers[3], scale, signs, rest >> 21 & 127, words + 24);
        }
        return (float)block->D / 8;
    }
}
