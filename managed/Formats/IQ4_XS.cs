using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;
using Realm.Kernels.Emitted;

namespace Realm.Formats;

/// <summary>4.25 bits: 8 groups of 32 weights d·(scale - 32)·v, v being one of <see cref="NibbleValues.IQ4"/>, with 6-bit scales. Each 16 bytes hold
/// 32 weights: byte i weights i (low) and 16 + i (high).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ4_XS : IFormat<IQ4_XS>, ITableTile
{
    // Where the scales are in a packed block.
    private const int HighOffset = 32, LowOffset = 64;

    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>The upper two bits of the eight scales.</summary>
    public ushort HighScales;

    /// <summary>The lower four bits of the eight scales.</summary>
    public uint LowScales;

    /// <summary>Two nibbles a byte.</summary>
    public fixed byte Quants128[128];

    public static int Elements => 256;

    public static void Decode(IQ4_XS* block, float* output)
    {
        float d = (float)block->D;
        for (int g = 0; g < 8; g++)
        {
            int scale = (int)(block->LowScales >> 4 * g & 15) | (block->HighScales >> 2 * g & 3) << 4;
            NibbleValues.Decode(block->Quants128 + 16 * g, 16, NibbleValues.IQ4, d * (scale - 32), output + 32 * g);
        }
    }

    // Packed: 16 x d, 16 x 16 bits and 16 x 32 bits of scales, then 32 times 16 x 4 bytes of nibbles.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(IQ4_XS* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackHalves(&block->HighScales, packed + HighOffset);
        rows.PackWords(&block->LowScales, 1, packed + LowOffset);
        rows.PackWords(block->Quants128, 32, packed + HeaderBytes);
    }

    public static int BlockElements => Elements;

    public static int HeaderBytes => 128;

    public static bool Sixteens => false;

    public static ReadOnlySpan<sbyte> Values => NibbleValues.IQ4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block, int group)
    {
        Vector512<int> high = Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)(block + HighOffset)));
        Vector512<int> low = Vector512.Load((int*)(block + LowOffset));
        high = Vector512.ShiftLeft(Vector512.ShiftRightLogical(high, 2 * group) & Vector512.Create(3), 4);
        low = Vector512.ShiftRightLogical(low, 4 * group) & Vector512.Create(15);
        return Halves.Load(block) * Avx512F.ConvertToVector512Single((high | low) - Vector512.Create(32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int group, int half)
    {
        Vector256<int> high = Lanes.Widen(Vector128.Load((ushort*)(block + HighOffset) + 8 * half)).AsInt32();
        Vector256<int> low = Vector256.Load((int*)(block + LowOffset) + 8 * half);
        high = Vector256.ShiftLeft(Vector256.ShiftRightLogical(high, 2 * group) & Vector256.Create(3), 4);
        low = Vector256.ShiftRightLogical(low, 4 * group) & Vector256.Create(15);
        return Halves.Load(block, half) * Vector256.ConvertToSingle((high | low) - Vector256.Create(32));
    }

    public static float Scale1(byte* block, int group, int row)
    {
        int high = ((ushort*)(block + HighOffset))[row] >> 2 * group & 3;
        int low = (int)(((uint*)(block + LowOffset))[row] >> 4 * group & 15);
        return Halves.Load1(block, row) * ((low | high << 4) - 32);
    }

    public static void WriteScale(in ScaleCode code, int group)
    {
        Assembler a = code.Assembler;
        a.Vpmovzxwd(code.First, code.At(0));
        code.Half.First(code.To, code.First);
        a.Vpmovzxwd(code.First, code.At(HighOffset));
        a.Vpsrld(code.First, code.First, 2 * group);
        a.Vpslld(code.First, code.First, 4);
        a.Vpandd(code.First, code.First, a.Each(48));
        a.Vpsrld(code.Second, code.At(LowOffset), 4 * group);
        a.VpternlogdOrAnd(code.First, code.Second, a.Each(15));
        a.Vpsubd(code.First, code.First, a.Each(32));
        a.Vcvtdq2ps(code.First, code.First);
        a.Vmulps(code.To, code.To, code.First);
    }
}
