using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>1.6 bits: 8 groups of 32 weights d·scale·(p ± 1/8), where p are points of <see cref="Codebook.IQ1"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ1_S : IUnpackedFormat<IQ1_S>, ICodebookBlock
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The low eight bits of the four points' numbers in each group.</summary>
    public fixed byte Points32[32];

    /// <summary>For each group the upper three bits of its four numbers, three bits s of the scale 2s + 1, and whether 1/8 is subtracted.</summary>
    public fixed ushort Groups8[8];

    public static int Elements => 256;

    public static float Unpack(IQ1_S* block, short* words)
    {
        short* points = Codebook.IQ1;
        byte* low = block->Points32;
        for (int g = 0; g < 8; g++, words += 32, low += 4)
        {
            // Written out, because the compiler would keep a loop, which costs as much as its body.
            uint group = block->Groups8[g];
            int subtract = (int)(group >> 15);
            Vector128<short> scale = Vector128.Create((short)(2 * (group >> 12 & 7) + 1));
            Codebook.Store(points, low[0] | group << 8 & 0x700, subtract, scale, words);
            Codebook.Store(points, low[1] | group << 5 & 0x700, subtract, scale, words + 8);
            Codebook.Store(points, low[2] | group << 2 & 0x700, subtract, scale, words + 16);
            Codebook.Store(points, low[3] | group >> 1 & 0x700, subtract, scale, words + 24);
        }
        return Words.Scale(Scale((byte*)block)) * Unit;
    }

    public static short* Points => Codebook.IQ1;

    public static int PointElements => 8;

    public static bool HasSigns => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePlaces(byte* block, ushort* places)
    {
        byte* low = ((IQ1_S*)block)->Points32;
        Vector128<ulong> groups = Vector128.Load(((IQ1_S*)block)->Groups8).AsUInt64();
        // Bits 3j to 3j + 2 of a group, for its point j, become bits 9 to 11.
        Vector256<ushort> factors = Vector256.Create(0x0001_0008_0040_0200UL).AsUInt16(), mask = Vector256.Create((ushort)0xe00);
        Vector256<ushort> order = Vector256.Create(0x0100_0100_0100_0100UL, 0x0302_0302_0302_0302UL, 0x0504_0504_0504_0504UL, 0x0706_0706_0706_0706UL).AsUInt16();
        CodebookBits.Store(low, 1, CodebookBits.Spread(groups, order) * factors & mask, places);
        CodebookBits.Store(low + 16, 1, CodebookBits.Spread(groups, order + Vector256.Create((ushort)0x0808)) * factors & mask, places + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Signs(byte* block)
    {
        // 2 four times, where the upper bit of a group is 1.
        Vector256<uint> groups = Avx2.ConvertToVector256Int32(((IQ1_S*)block)->Groups8).AsUInt32();
        return (Vector256.ShiftRightLogical(groups, 15) * Vector256.Create(0x02020202u)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, out Vector256<int> first, out Vector256<int> last)
    {
        Vector256<int> groups = Avx2.ConvertToVector256Int32(((IQ1_S*)block)->Groups8);
        first = last = (Vector256.ShiftRightLogical(groups, 11) & Vector256.Create(14)) | Vector256.Create(1);
    }

    public static float Unit => 1f / 8;

    public static ushort Scale(byte* block) => *(ushort*)&((IQ1_S*)block)->D;
}
