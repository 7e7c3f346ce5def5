using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>2.1 bits: 8 groups of 32 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_XXS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_XXS : IUnpackedFormat<IQ2_XXS>, ICodebookBlock
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
        return Words.Scale(Scale((byte*)block)) * Unit;
    }

    public static short* Points => Codebook.IQ2_XXS;

    public static int PointElements => 8;

    public static bool HasSigns => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePlaces(byte* block, ushort* places)
    {
        Vector128<float> a, b;
        byte* numbers = ((IQ2_XXS*)block)->Groups64;
        // The first 32 bits of groups 0 to 3, and of 4 to 7.
        a = Sse.Shuffle(Vector128.Load((float*)numbers), Vector128.Load((float*)numbers + 4), 0x88);
        b = Sse.Shuffle(Vector128.Load((float*)numbers + 8), Vector128.Load((float*)numbers + 12), 0x88);
        Vector256.ShiftLeft(Avx2.ConvertToVector256Int16(a.AsByte()), 1).AsUInt16().Store(places);
        Vector256.ShiftLeft(Avx2.ConvertToVector256Int16(b.AsByte()), 1).AsUInt16().Store(places + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Signs(byte* block) => CodebookBits.Even(CodebookBits.Sevens(Rests(block)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, out Vector256<int> first, out Vector256<int> last)
    {
        first = last = (Vector256.ShiftRightLogical(Rests(block), 27) | Vector256.Create(1u)).AsInt32();
    }

    public static float Unit => 1f / 8;

    public static ushort Scale(byte* block) => *(ushort*)&((IQ2_XXS*)block)->D;

    // The signs and s of all groups.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rests(byte* block)
    {
        float* numbers = (float*)((IQ2_XXS*)block)->Groups64;
        Vector128<float> a = Sse.Shuffle(Vector128.Load(numbers), Vector128.Load(numbers + 4), 0xdd);
        return Vector256.Create(a, Sse.Shuffle(Vector128.Load(numbers + 8), Vector128.Load(numbers + 12), 0xdd)).AsUInt32();
    }
}
