using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>2.6 bits: 16 groups of 16 weights ±d·(2s + 1)/8·p, where p are points of <see cref="Codebook.IQ2_S"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ2_S : IUnpackedFormat<IQ2_S>, ICodebookBlock
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

    public static float Unpack(IQ2_S* block, short* words)
    {
        short* points = Codebook.IQ2_S, signs = Codebook.Signs;
        byte* low = block->Points32, sign = block->Signs32;
        for (int g = 0; g < 8; g++, words += 32, low += 4, sign += 4)
        {
            // Written out, because the compiler would keep a loop, which costs as much as its body.
            uint scales = block->Scales8[g], high = block->High8[g];
            Vector128<short> scale = Vector128.Create((short)(2 * (scales & 15) + 1));
            Codebook.Store(points, low[0] | high << 8 & 0x300, scale, signs, sign[0], words);
            Codebook.Store(points, low[1] | high << 6 & 0x300, scale, signs, sign[1], words + 8);
            scale = Vector128.Create((short)(2 * (scales >> 4) + 1));
            Codebook.Store(points, low[2] | high << 4 & 0x300, scale, signs, sign[2], words + 16);
            Codebook.Store(points, low[3] | high << 2 & 0x300, scale, signs, sign[3], words + 24);
        }
        return Words.Scale(Scale((byte*)block)) * Unit;
    }

    public static short* Points => Codebook.IQ2_S;

    public static int PointElements => 8;

    public static bool HasSigns => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePlaces(byte* block, ushort* places)
    {
        byte* low = ((IQ2_S*)block)->Points32;
        ulong high = *(ulong*)((IQ2_S*)block)->High8;
        // Bits 2j and 2j + 1 of a byte, for its point j, become bits 9 and 10.
        Vector256<ushort> factors = Vector256.Create(0x0008_0020_0080_0200UL).AsUInt16(), mask = Vector256.Create((ushort)0x600);
        CodebookBits.Store(low, 1, CodebookBits.Fours(high, 0) * factors & mask, places);
        CodebookBits.Store(low + 16, 1, CodebookBits.Fours(high, 4) * factors & mask, places + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Signs(byte* block) => Vector256.Load(((IQ2_S*)block)->Signs32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, out Vector256<int> first, out Vector256<int> last) =>
        CodebookBits.Scales(((IQ2_S*)block)->Scales8, out first, out last);

    public static float Unit => 1f / 8;

    public static ushort Scale(byte* block) => *(ushort*)&((IQ2_S*)block)->D;
}
