using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>3 bits: 16 groups of 16 weights, d·(scale - 32)·(q - 4), with 6-bit scales. 32 bytes hold the low two bits of 128 weights: bits 2j and
/// 2j + 1 of byte i are weight 32j + i. Bit j of <see cref="HighBits"/>[i] is the third bit of weight 32j + i.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q3_K : IFormat<Q3_K>, IGroupTile
{
    private const int Word = 64;

    // Packed: 16 x d, three words of scales, eight of high bits, 16 of low bits.
    private const int ScaleOffset = 32, HighOffset = ScaleOffset + 3 * Word, LowOffset = HighOffset + 8 * Word;

    /// <summary>The third bits of q.</summary>
    public fixed byte HighBits[32];

    /// <summary>The low two bits of q.</summary>
    public fixed byte LowBits[64];

    /// <summary>Scales: the nibbles of bytes 0 to 7 are the low four bits of scales 0 to 15, low nibbles first; the upper two bits are in
    /// bytes 8 to 11, bits 2k and 2k + 1 of byte 8 + i for scale 4k + i.</summary>
    public fixed byte Scales12[12];

    /// <summary>Scale of the scales.</summary>
    public Half D;

    public static int Elements => 256;

    public static void Decode(Q3_K* block, float* output)
    {
        float d = (float)block->D;
        for (int g = 0; g < 16; g++)
        {
            int low = block->Scales12[g % 8] >> g / 8 * 4 & 15;
            int high = block->Scales12[8 + g % 4] >> g / 4 * 2 & 3;
            float scale = d * ((low | high << 4) - 32);
            byte* q = block->LowBits + 32 * (g / 8) + 16 * (g % 2);
            byte* third = block->HighBits + 16 * (g % 2);
            int shift = g % 8 / 2 * 2;
            for (int i = 0; i < 16; i++)
                *output++ = scale * ((q[i] >> shift & 3 | (third[i] >> g / 2 & 1) << 2) - 4);
        }
    }

    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(Q3_K* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Scales12, 3, packed + ScaleOffset);
        rows.PackWords(block->HighBits, 8, packed + HighOffset);
        rows.PackWords(block->LowBits, 16, packed + LowOffset);
    }

    public static int BlockBytes => LowOffset + 16 * Word;

    public static int Bias => 4;

    public static bool HasMinimums => false;

    public static bool SixBits => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block) => Halves.Load(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MinimumScale(byte* block) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Scales(byte* block, int n, int which)
    {
        Vector512<uint> low = Vector512.ShiftRightLogical(Vector512.Load((uint*)(block + ScaleOffset + Word * which)), 4 * n);
        Vector512<uint> high = Vector512.ShiftRightLogical(Vector512.Load((uint*)(block + ScaleOffset + 2 * Word)), 4 * n);
        high = which == 0 ? Vector512.ShiftLeft(high, 4) : Vector512.ShiftLeft(high, 2);
        low = (low & Vector512.Create(0x0f0f0f0fu)) | (high & Vector512.Create(0x30303030u));
        return low.AsByte() - Vector512.Create((byte)32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Minimums(byte* block, int n, int which) => Scales(block, n, which);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants(byte* block, int part, int j, int i)
    {
        Vector512<ushort> low = Vector512.Load((ushort*)(block + LowOffset + Word * (4 * part + i)));
        // The bits of this half of the block come down once for all four j.
        Vector512<ushort> high = Vector512.Load((ushort*)(block + HighOffset + Word * (4 * (part % 2) + i)));
        high = Vector512.ShiftRightLogical(high, 4 * (part / 2));
        high = j < 2 ? Vector512.ShiftLeft(high, 2 - j) : Vector512.ShiftRightLogical(high, j - 2);
        return (Vector512.ShiftRightLogical(low, 2 * j).AsByte() & Vector512.Create((byte)3)) | (high.AsByte() & Vector512.Create((byte)4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int half) => Halves.Load(block, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MinimumScale(byte* block, int half) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Scales(byte* block, int half, int n, int which)
    {
        block += 32 * half;
        Vector256<uint> low = Vector256.ShiftRightLogical(Vector256.Load((uint*)(block + ScaleOffset + Word * which)), 4 * n);
        Vector256<uint> high = Vector256.ShiftRightLogical(Vector256.Load((uint*)(block + ScaleOffset + 2 * Word)), 4 * n + 2 * which);
        low = (low & Vector256.Create(0x0f0f0f0fu)) | (Vector256.ShiftLeft(high, 4) & Vector256.Create(0x30303030u));
        return low.AsByte() - Vector256.Create((byte)32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Minimums(byte* block, int half, int n, int which) => Scales(block, half, n, which);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants(byte* block, int half, int part, int j, int i)
    {
        block += 32 * half;
        Vector256<ushort> low = Vector256.Load((ushort*)(block + LowOffset + Word * (4 * part + i)));
        Vector256<ushort> high = Vector256.Load((ushort*)(block + HighOffset + Word * (4 * (part % 2) + i)));
        high = Vector256.ShiftLeft(Vector256.ShiftRightLogical(high, 4 * (part / 2) + j), 2);
        return (Vector256.ShiftRightLogical(low, 2 * j).AsByte() & Vector256.Create((byte)3)) | (high.AsByte() & Vector256.Create((byte)4));
    }

    public static (float Scale, float Minimum) Scale1(byte* block, int row) => (Halves.Load1(block, row), 0);

    public static (int Scale, int Minimum) Group1(byte* block, int row, int group)
    {
        byte* scales = block + ScaleOffset + 4 * row;
        int low = scales[Word * (group % 8 / 4) + group % 4] >> group / 8 * 4 & 15;
        int high = scales[Word * 2 + group % 4] >> group / 4 * 2 & 3;
        return ((low | high << 4) - 32, 0);
    }

    public static int Quant1(byte* block, int row, int k)
    {
        int i = k % 32;
        int low = block[LowOffset + Word * (8 * (k / 128) + i / 4) + 4 * row + i % 4] >> k % 128 / 32 * 2 & 3;
        return low | (block[HighOffset + Word * (i / 4) + 4 * row + i % 4] >> k / 32 & 1) << 2;
    }
}
