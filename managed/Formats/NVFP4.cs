using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;
using Realm.Kernels.Emitted;

namespace Realm.Formats;

/// <summary>NVIDIA's 4-bit floating-point format: 4 groups of 16 weights scale/2·v, v being one of <see cref="NibbleValues.E2M1"/> (which are doubled).
/// Each 8 bytes hold 16 weights: byte i weights i (low) and 8 + i (high).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct NVFP4 : IFormat<NVFP4>, ITableTile
{
    /// <summary>Scale of each group: a number without sign of 4 bits of exponent (bias 7) and 3 of mantissa; 127 is zero.</summary>
    public fixed byte Scales4[4];

    /// <summary>Two nibbles a byte.</summary>
    public fixed byte Quants32[32];

    public static int Elements => 64;

    public static void Decode(NVFP4* block, float* output)
    {
        for (int g = 0; g < 4; g++)
            NibbleValues.Decode(block->Quants32 + 8 * g, 8, NibbleValues.E2M1, Scale(block->Scales4[g]), output + 16 * g);
    }

    // Half of the scale: normal numbers need the exponent bias of single precision, subnormal ones (m·2^-10) come out of the subtraction.
    // Of a normal number the second is the larger one, of a subnormal one the first.
    private static float Scale(int bits)
    {
        bits &= 127;
        float normal = BitConverter.Int32BitsToSingle((bits << 20) + (119 << 23));
        float subnormal = BitConverter.Int32BitsToSingle((bits << 20) + (120 << 23)) - 0.0078125f;
        return bits == 127 ? 0 : Math.Min(normal, subnormal);
    }

    // Packed: 16 x 4 scales, then eight times 16 x 4 bytes of nibbles.
    public static bool IsFinite(byte* packed) => true;

    public static void Pack(NVFP4* block, BlockRows rows, byte* packed)
    {
        rows.PackWords(block->Scales4, 1, packed);
        rows.PackWords(block->Quants32, 8, packed + HeaderBytes);
    }

    public static int BlockElements => Elements;

    public static int HeaderBytes => 64;

    public static bool Sixteens => true;

    public static ReadOnlySpan<sbyte> Values => NibbleValues.E2M1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block, int group)
    {
        Vector512<int> bits = Vector512.ShiftRightLogical(Vector512.Load((int*)block), 8 * group) & Vector512.Create(127);
        Vector512<int> shifted = Vector512.ShiftLeft(bits, 20);
        Vector512<float> normal = (shifted + Vector512.Create(119 << 23)).AsSingle();
        Vector512<float> subnormal = (shifted + Vector512.Create(120 << 23)).AsSingle() - Vector512.Create(0.0078125f);
        // Numbers that are not negative compare as their bits do.
        Vector512<int> scale = Vector512.Min(normal.AsInt32(), subnormal.AsInt32());
        return Vector512.AndNot(scale, Vector512.Equals(bits, Vector512.Create(127))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int group, int half)
    {
        Vector256<int> bits = Vector256.ShiftRightLogical(Vector256.Load((int*)block + 8 * half), 8 * group) & Vector256.Create(127);
        Vector256<int> shifted = Vector256.ShiftLeft(bits, 20);
        Vector256<float> normal = (shifted + Vector256.Create(119 << 23)).AsSingle();
        Vector256<float> subnormal = (shifted + Vector256.Create(120 << 23)).AsSingle() - Vector256.Create(0.0078125f);
        Vector256<int> scale = Vector256.Min(normal.AsInt32(), subnormal.AsInt32());
        return Vector256.AndNot(scale, Vector256.Equals(bits, Vector256.Create(127))).AsSingle();
    }

    public static float Scale1(byte* block, int group, int row) => Scale(block[4 * row + group]);

    public static void WriteScale(in ScaleCode code, int group)
    {
        Assembler a = code.Assembler;
        a.Vpsrld(code.First, code.At(0), 8 * group);
        a.Vpandd(code.First, code.First, a.Each(127));
        a.Vpslld(code.Second, code.First, 20);
        a.Vpaddd(code.To, code.Second, a.Each(119 << 23));
        a.Vpaddd(code.Second, code.Second, a.Each(120 << 23));
        a.Vsubps(code.Second, code.Second, a.Each(BitConverter.SingleToUInt32Bits(0.0078125f)));
        a.Vpminsd(code.To, code.To, code.Second);
        // 127 + 1 has bit 7: it makes a mask of zeros, all others make one of ones.
        a.Vpaddd(code.First, code.First, a.Each(1));
        a.Vpsrld(code.First, code.First, 7);
        a.Vpsubd(code.First, code.First, a.Each(1));
        a.Vpandd(code.To, code.To, code.First);
    }
}
