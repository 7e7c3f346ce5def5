using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>2.3 bits: 16 groups of 16 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_XS"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_XS : IUnpackedFormat<IQ2_XS>, ICodebookBlock
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The numbers of the points in the low nine bits, seven signs in the upper ones.</summary>
    public fixed ushort Points32[32];

    /// <summary>A nibble s for each group, low ones first.</summary>
    public fixed byte Scales8[8];

    public static int Elements => 256;

    public static float Unpack(IQ2_XS* block, short* words)
    {
        short* points = Codebook.IQ2_XS, signs = Codebook.EvenSigns;
        ushort* both = block->Points32;
        for (int g = 0; g < 8; g++, words += 32, both += 4)
        {
            // Written out, because the compiler would keep a loop, which costs as much as its body.
            uint scales = block->Scales8[g];
            Vector128<short> scale = Vector128.Create((short)(2 * (scales & 15) + 1));
            Codebook.Store(points, both[0] & 511u, scale, signs, (nuint)both[0] >> 9, words);
            Codebook.Store(points, both[1] & 511u, scale, signs, (nuint)both[1] >> 9, words + 8);
            scale = Vector128.Create((short)(2 * (scales >> 4) + 1));
            Codebook.Store(points, both[2] & 511u, scale, signs, (nuint)both[2] >> 9, words + 16);
            Codebook.Store(points, both[3] & 511u, scale, signs, (nuint)both[3] >> 9, words + 24);
        }
        return Words.Scale(Scale((byte*)block)) * Unit;
    }

    public static short* Points => Codebook.IQ2_XS;

    public static int PointElements => 8;

    public static bool HasSigns => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePlaces(byte* block, ushort* places)
    {
        ushort* both = ((IQ2_XS*)block)->Points32;
        Vector256<ushort> number = Vector256.Create((ushort)511);
        Vector256.ShiftLeft(Vector256.Load(both) & number, 1).Store(places);
        Vector256.ShiftLeft(Vector256.Load(both + 16) & number, 1).Store(places + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Signs(byte* block)
    {
        ushort* both = ((IQ2_XS*)block)->Points32;
        Vector256<short> a = Vector256.ShiftRightLogical(Vector256.Load(both), 9).AsInt16(), b = Vector256.ShiftRightLogical(Vector256.Load(both + 16), 9).AsInt16();
        return CodebookBits.Even(Avx2.Permute4x64(Avx2.PackUnsignedSaturate(a, b).AsInt64(), 0xd8).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, out Vector256<int> first, out Vector256<int> last) =>
        CodebookBits.Scales(((IQ2_XS*)block)->Scales8, out first, out last);

    public static float Unit => 1f / 8;

    public static ushort Scale(byte* block) => *(ushort*)&((IQ2_XS*)block)->D;
}
