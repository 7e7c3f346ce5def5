using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>3.1 bits: 8 groups of 32 weights ±d·(2s + 1)/4·p, where p are points of <see cref="Codebook.IQ3_XXS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ3_XXS : IUnpackedFormat<IQ3_XXS>, ICodebookBlock
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
        for (int g = 0; g < 8; g++, words += 32, numbers += 8)
        {
            // Written out, because the compiler would keep a loop, which costs as much as its body.
            uint group = block->Groups8[g];
            Vector128<short> scale = Vector128.Create((short)(2 * (group >> 28) + 1));
            Codebook.Store(points, numbers[0], numbers[1], scale, signs, group & 127, words);
            Codebook.Store(points, numbers[2], numbers[3], scale, signs, group >> 7 & 127, words + 8);
            Codebook.Store(points, numbers[4], numbers[5], scale, signs, group >> 14 & 127, words + 16);
            Codebook.Store(points, numbers[6], numbers[7], scale, signs, group >> 21 & 127, words + 24);
        }
        return Words.Scale(Scale((byte*)block)) * Unit;
    }

    public static short* Points => Codebook.IQ3_XXS;

    public static int PointElements => 4;

    public static bool HasSigns => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePlaces(byte* block, ushort* places)
    {
        byte* numbers = ((IQ3_XXS*)block)->Points64;
        Avx2.ConvertToVector256Int16(numbers).AsUInt16().Store(places);
        Avx2.ConvertToVector256Int16(numbers + 16).AsUInt16().Store(places + 16);
        Avx2.ConvertToVector256Int16(numbers + 32).AsUInt16().Store(places + 32);
        Avx2.ConvertToVector256Int16(numbers + 48).AsUInt16().Store(places + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Signs(byte* block) => CodebookBits.Even(CodebookBits.Sevens(Vector256.Load(((IQ3_XXS*)block)->Groups8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, out Vector256<int> first, out Vector256<int> last)
    {
        first = last = (Vector256.ShiftRightLogical(Vector256.Load(((IQ3_XXS*)block)->Groups8), 27) | Vector256.Create(1u)).AsInt32();
    }

    public static float Unit => 1f / 4;

    public static ushort Scale(byte* block) => *(ushort*)&((IQ3_XXS*)block)->D;
}
