using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;
using Realm.Kernels.Emitted;

namespace Realm.Formats;

/// <summary>6 bits: 16 groups of 16 weights, d·scale·(q - 32), with signed 8-bit scales. 64 bytes of low and 32 of high bits hold 128 weights:
/// weight 32j + i has its low four bits in byte 32·(j % 2) + i (low nibble for j = 0 and 1, high nibble for 2 and 3) and its upper two in bits
/// 2j and 2j + 1 of byte i.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q6_K : IFormat<Q6_K>, IGroupTile
{
    private const int Word = 64;

    // Packed: 16 x d, four words of scales, then for each part eight words of low and four of high bits.
    private const int ScaleOffset = 32, QuantOffset = ScaleOffset + 4 * Word, PartBytes = 12 * Word, HighOffset = 8 * Word;

    /// <summary>The low four bits of q.</summary>
    public fixed byte LowBits[128];

    /// <summary>The upper two bits of q.</summary>
    public fixed byte HighBits[64];

    /// <summary>Scale of each group.</summary>
    public fixed sbyte Scales16[16];

    /// <summary>Scale of the scales.</summary>
    public Half D;

    public static int Elements => 256;

    public static void Decode(Q6_K* block, float* output)
    {
        float d = (float)block->D;
        for (int g = 0; g < 16; g++)
        {
            float scale = d * block->Scales16[g];
            int j = g % 8 / 2;
            byte* low = block->LowBits + 64 * (g / 8) + 32 * (j % 2) + 16 * (g % 2);
            byte* high = block->HighBits + 32 * (g / 8) + 16 * (g % 2);
            for (int i = 0; i < 16; i++)
                *output++ = scale * ((low[i] >> j / 2 * 4 & 15 | (high[i] >> 2 * j & 3) << 4) - 32);
        }
    }

    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(Q6_K* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Scales16, 4, packed + ScaleOffset);
        for (int part = 0; part < 4; part++)
        {
            byte* low = block->LowBits + 64 * (part / 2) + 16 * (part % 2);
            byte* to = packed + QuantOffset + PartBytes * part;
            rows.PackWords(low, 4, to);
            rows.PackWords(low + 32, 4, to + 4 * Word);
            rows.PackWords(block->HighBits + 16 * part, 4, to + HighOffset);
        }
    }

    public static int BlockBytes => QuantOffset + 4 * PartBytes;

    public static int Bias => 32;

    public static bool HasMinimums => false;

    public static bool SixBits => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block) => Halves.Load(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MinimumScale(byte* block) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Scales(byte* block, int n, int which) => Vector512.Load(block + ScaleOffset + Word * (2 * n + which));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Minimums(byte* block, int n, int which) => Scales(block, n, which);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants(byte* block, int part, int j, int i)
    {
        byte* q = block + QuantOffset + PartBytes * part;
        Vector512<ushort> low = Vector512.Load((ushort*)(q + Word * (4 * (j % 2) + i)));
        Vector512<ushort> high = Vector512.Load((ushort*)(q + HighOffset + Word * i));
        if (j >= 2)
            low = Vector512.ShiftRightLogical(low, 4);
        high = j < 2 ? Vector512.ShiftLeft(high, 4 - 2 * j) : Vector512.ShiftRightLogical(high, 2 * j - 4);
        return (low.AsByte() & Vector512.Create((byte)15)) | (high.AsByte() & Vector512.Create((byte)48));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int half) => Halves.Load(block, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MinimumScale(byte* block, int half) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Scales(byte* block, int half, int n, int which) =>
        Vector256.Load(block + ScaleOffset + Word * (2 * n + which) + 32 * half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Minimums(byte* block, int half, int n, int which) => Scales(block, half, n, which);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants(byte* block, int half, int part, int j, int i)
    {
        byte* q = block + QuantOffset + PartBytes * part + 32 * half;
        Vector256<ushort> low = Vector256.Load((ushort*)(q + Word * (4 * (j % 2) + i)));
        Vector256<ushort> high = Vector256.Load((ushort*)(q + HighOffset + Word * i));
        low = Vector256.ShiftRightLogical(low, j / 2 * 4);
        high = Vector256.ShiftLeft(Vector256.ShiftRightLogical(high, 2 * j), 4);
        return (low.AsByte() & Vector256.Create((byte)15)) | (high.AsByte() & Vector256.Create((byte)48));
    }

    public static (float Scale, float Minimum) Scale1(byte* block, int row) => (Halves.Load1(block, row), 0);

    public static (int Scale, int Minimum) Group1(byte* block, int row, int group) =>
        ((sbyte)block[ScaleOffset + Word * (group / 4) + 4 * row + group % 4], 0);

    public static int Quant1(byte* block, int row, int k)
    {
        int j = k % 128 / 32, i = k % 16;
        byte* q = block + QuantOffset + PartBytes * (k / 128 * 2 + k % 32 / 16) + 4 * row + i % 4;
        return q[Word * (4 * (j % 2) + i / 4)] >> j / 2 * 4 & 15 | (q[HighOffset + Word * (i / 4)] >> 2 * j & 3) << 4;
    }

    public static bool HasCode => true;

    public static (uint Low, uint High) Masks => (0x0f0f0f0f, 0x30303030);

    public static void WriteQuants(in GroupCode code, int part, int j, int i)
    {
        Assembler a = code.Assembler;
        int q = QuantOffset + PartBytes * part;
        a.Vmovdqu32(code.Second, code.At(q + Word * (4 * j + i)));
        a.Vmovdqu32(code.Other, code.At(q + HighOffset + Word * i));
        a.Vpandd(code.First, code.Second, code.Low);
        a.Vpsrlw(code.Second, code.Second, 4);
        a.Vpandd(code.Second, code.Second, code.Low);
        a.Vpslld(code.Temporary, code.Other, 4 - 2 * j);
        a.VpternlogdOrAnd(code.First, code.Temporary, code.High);
        code.ShiftRight(code.Other, code.Other, 2 * j);
        a.VpternlogdOrAnd(code.Second, code.Other, code.High);
    }

    public static void WriteScale(in GroupCode code, Zmm to, int group)
    {
        code.Assembler.Vpslld(to, code.At(ScaleOffset + Word * (group / 4)), 24 - 8 * (group % 4));
        code.Assembler.Vpsrad(to, to, 24);
    }
}
