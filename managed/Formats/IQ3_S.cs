using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>3.4 bits: 8 groups of 32 weights ±d·(2s + 1)·p, where p are points of <see cref="Codebook.IQ3_S"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ3_S : IUnpackedFormat<IQ3_S>, ICodebookBlock
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

    public static float Unpack(IQ3_S* block, short* words)
    {
        short* points = Codebook.IQ3_S, signs = Codebook.Signs;
        byte* low = block->Points64, sign = block->Signs32;
        for (int g = 0; g < 8; g++, words += 32, low += 8, sign += 4)
        {
            // Written out, because the compiler would keep a loop, which costs as much as its body.
            uint high = block->High8[g];
            Vector128<short> scale = Vector128.Create((short)(2 * (block->Scales4[g >> 1] >> 4 * (g & 1) & 15) + 1));
            Codebook.Store(points, low[0] | high << 8 & 256, low[1] | high << 7 & 256, scale, signs, sign[0], words);
            Codebook.Store(points, low[2] | high << 6 & 256, low[3] | high << 5 & 256, scale, signs, sign[1], words + 8);
            Codebook.Store(points, low[4] | high << 4 & 256, low[5] | high << 3 & 256, scale, signs, sign[2], words + 16);
            Codebook.Store(points, low[6] | high << 2 & 256, low[7] | high << 1 & 256, scale, signs, sign[3], words + 24);
        }
        return Words.Scale(Scale((byte*)block)) * Unit;
    }

    public static short* Points => Codebook.IQ3_S;

    public static int PointElements => 4;

    public static bool HasSigns => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePlaces(byte* block, ushort* places)
    {
        byte* low = ((IQ3_S*)block)->Points64;
        ulong high = *(ulong*)((IQ3_S*)block)->High8;
        // Bit j of a byte, for its point j, becomes bit 8.
        Vector256<ushort> factors = Vector256.Create(Vector128.Create((ushort)256, 128, 64, 32, 16, 8, 4, 2), Vector128.Create((ushort)256, 128, 64, 32, 16, 8, 4, 2));
        Vector256<ushort> mask = Vector256.Create((ushort)256);
        CodebookBits.Store(low, 0, CodebookBits.Eights(high, 0) * factors & mask, places);
        CodebookBits.Store(low + 16, 0, CodebookBits.Eights(high, 2) * factors & mask, places + 16);
        CodebookBits.Store(low + 32, 0, CodebookBits.Eights(high, 4) * factors & mask, places + 32);
        CodebookBits.Store(low + 48, 0, CodebookBits.Eights(high, 6) * factors & mask, places + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Signs(byte* block) => Vector256.Load(((IQ3_S*)block)->Signs32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, out Vector256<int> first, out Vector256<int> last)
    {
        Vector256<uint> all = Vector256.Create(*(uint*)((IQ3_S*)block)->Scales4), shifts = Vector256.Create(0u, 4, 8, 12, 16, 20, 24, 28);
        Vector256<uint> s = Avx2.ShiftRightLogicalVariable(all, shifts) & Vector256.Create(15u);
        first = last = (s + s + Vector256.Create(1u)).AsInt32();
    }

    public static float Unit => 1;

    public static ushort Scale(byte* block) => *(ushort*)&((IQ3_S*)block)->D;
}
