using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>1.75 bits: 16 groups of 16 weights d·scale·(p ± 1/8), where p are points of <see cref="Codebook.IQ1"/>; each point has a sign of its
/// 1/8.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ1_M : IUnpackedFormat<IQ1_M>, ICodebookBlock
{
    /// <summary>The low eight bits of the points' numbers.</summary>
    public fixed byte Points32[32];

    /// <summary>A nibble for each point, low ones first: the upper three bits of its number, and whether 1/8 is subtracted.</summary>
    public fixed byte High16[16];

    /// <summary>Each of the four has three bits s of four groups' scales 2s + 1, and in its upper four bits a part of the half-precision d, lowest first.</summary>
    public fixed ushort Scales4[4];

    public static int Elements => 256;

    public static float Unpack(IQ1_M* block, short* words)
    {
        short* points = Codebook.IQ1;
        byte* low = block->Points32, high = block->High16;
        uint bits = 0;
        for (int i = 0; i < 4; i++)
        {
            uint scales = block->Scales4[i];
            bits |= scales >> 12 << 4 * i;
            for (int g = 0; g < 4; g++, words += 16, low += 2, high++, scales >>= 3)
            {
                Vector128<short> scale = Vector128.Create((short)(2 * (scales & 7) + 1));
                uint two = *high;
                Codebook.Store(points, low[0] | two << 8 & 0x700, (int)(two >> 3 & 1), scale, words);
                Codebook.Store(points, low[1] | two << 4 & 0x700, (int)(two >> 7), scale, words + 8);
            }
        }
        return Words.Scale((ushort)bits) * Unit;
    }

    public static short* Points => Codebook.IQ1;

    public static int PointElements => 8;

    public static bool HasSigns => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePlaces(byte* block, ushort* places)
    {
        byte* low = ((IQ1_M*)block)->Points32;
        Vector128<ulong> high = Vector128.Load(((IQ1_M*)block)->High16).AsUInt64();
        // The lower three bits of each nibble become bits 9 to 11.
        Vector256<ushort> factors = Vector256.Create(0x0020_0200_0020_0200UL).AsUInt16(), mask = Vector256.Create((ushort)0xe00);
        Vector256<ushort> order = Vector256.Create(0x8001_8001_8000_8000UL, 0x8003_8003_8002_8002UL, 0x8005_8005_8004_8004UL, 0x8007_8007_8006_8006UL).AsUInt16();
        CodebookBits.Store(low, 1, CodebookBits.Spread(high, order) * factors & mask, places);
        CodebookBits.Store(low + 16, 1, CodebookBits.Spread(high, order + Vector256.Create((ushort)8)) * factors & mask, places + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Signs(byte* block)
    {
        // 2 where the upper bit of a nibble is 1: a byte for each, in pairs.
        Vector256<ushort> pairs = Avx2.ConvertToVector256Int16(((IQ1_M*)block)->High16).AsUInt16();
        Vector256<ushort> first = Vector256.ShiftRightLogical(pairs, 2), second = Vector256.ShiftLeft(pairs, 2);
        return ((first & Vector256.Create((ushort)2)) | (second & Vector256.Create((ushort)0x200))).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, out Vector256<int> first, out Vector256<int> last)
    {
        Vector128<uint> four = Sse41.ConvertToVector128Int32(((IQ1_M*)block)->Scales4).AsUInt32();
        Vector256<uint> twice = Avx2.PermuteVar8x32(Vector256.Create(four, four), Vector256.Create(0u, 0, 1, 1, 2, 2, 3, 3));
        Vector256<uint> a = Avx2.ShiftRightLogicalVariable(twice, Vector256.Create(0u, 6, 0, 6, 0, 6, 0, 6)) & Vector256.Create(7u);
        Vector256<uint> b = Avx2.ShiftRightLogicalVariable(twice, Vector256.Create(3u, 9, 3, 9, 3, 9, 3, 9)) & Vector256.Create(7u);
        first = (a + a + Vector256.Create(1u)).AsInt32();
        last = (b + b + Vector256.Create(1u)).AsInt32();
    }

    public static float Unit => 1f / 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block)
    {
        ulong all = *(ulong*)((IQ1_M*)block)->Scales4;
        return (ushort)(all >> 12 & 0xf | all >> 24 & 0xf0 | all >> 36 & 0xf00 | all >> 48 & 0xf000);
    }
}
