using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;
using Realm.Kernels.Emitted;

namespace Realm.Formats;

/// <summary>2 bits: 16 groups of 16 weights, d·scale·q - dmin·min, with 4-bit scales and minimums. 32 bytes hold 128 weights: bits 2j and 2j + 1
/// of byte i are weight 32j + i.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q2_K : IFormat<Q2_K>, IGroupTile
{
    private const int Word = 64;

    /// <summary>Of each group the scale (low nibble) and the minimum (high nibble).</summary>
    public fixed byte Scales16[16];

    /// <summary>Four q a byte.</summary>
    public fixed byte Quants64[64];

    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>Scale of the minimums.</summary>
    public Half DMin;

    public static int Elements => 256;

    public static void Decode(Q2_K* block, float* output)
    {
        float d = (float)block->D, dmin = (float)block->DMin;
        for (int g = 0; g < 16; g++)
        {
            float scale = d * (block->Scales16[g] & 15), min = dmin * (block->Scales16[g] >> 4);
            byte* q = block->Quants64 + 32 * (g / 8) + 16 * (g % 2);
            int shift = g % 8 / 2 * 2;
            for (int i = 0; i < 16; i++)
                *output++ = scale * (q[i] >> shift & 3) - min;
        }
    }

    // Packed: (d, dmin), four words of scales and minimums, 16 words of q: the four of a part lie together in the file too.
    public static bool IsFinite(byte* packed) => Finite.HalfPairs(packed);

    public static void Pack(Q2_K* block, BlockRows rows, byte* packed)
    {
        rows.PackWords(&block->D, 1, packed);
        rows.PackWords(block, 20, packed + Word);
    }

    public static int BlockBytes => 21 * Word;

    public static int Bias => 0;

    public static bool HasMinimums => true;

    public static bool SixBits => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block) => Halves.LoadFirst(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MinimumScale(byte* block) => Halves.LoadSecond(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Scales(byte* block, int n, int which) =>
        Vector512.Load(block + Word * (1 + 2 * n + which)) & Vector512.Create((byte)15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Minimums(byte* block, int n, int which) =>
        Vector512.ShiftRightLogical(Vector512.Load((ushort*)(block + Word * (1 + 2 * n + which))), 4).AsByte() & Vector512.Create((byte)15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants(byte* block, int part, int j, int i) =>
        Vector512.ShiftRightLogical(Vector512.Load((ushort*)(block + Word * (5 + 4 * part + i))), 2 * j).AsByte() & Vector512.Create((byte)3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int half) => Halves.LoadFirst(block, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MinimumScale(byte* block, int half) => Halves.LoadSecond(block, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Scales(byte* block, int half, int n, int which) =>
        Vector256.Load(block + Word * (1 + 2 * n + which) + 32 * half) & Vector256.Create((byte)15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Minimums(byte* block, int half, int n, int which)
    {
        Vector256<ushort> both = Vector256.Load((ushort*)(block + Word * (1 + 2 * n + which) + 32 * half));
        return Vector256.ShiftRightLogical(both, 4).AsByte() & Vector256.Create((byte)15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants(byte* block, int half, int part, int j, int i)
    {
        Vector256<ushort> four = Vector256.Load((ushort*)(block + Word * (5 + 4 * part + i) + 32 * half));
        return Vector256.ShiftRightLogical(four, 2 * j).AsByte() & Vector256.Create((byte)3);
    }

    public static (float Scale, float Minimum) Scale1(byte* block, int row) => Halves.LoadPair(block, row);

    public static (int Scale, int Minimum) Group1(byte* block, int row, int group)
    {
        int both = block[Word * (1 + group / 4) + 4 * row + group % 4];
        return (both & 15, both >> 4);
    }

    public static int Quant1(byte* block, int row, int k)
    {
        int i = k % 32;
        return block[Word * (5 + 8 * (k / 128) + i / 4) + 4 * row + i % 4] >> k % 128 / 32 * 2 & 3;
    }

    public static bool HasCode => true;

    public static (uint Low, uint High) Masks => (0x03030303, 0);

    public static void WriteQuants(in GroupCode code, int part, int j, int i)
    {
        Assembler a = code.Assembler;
        a.Vmovdqu32(code.Second, code.At(Word * (5 + 4 * part + i)));
        code.ShiftRight(code.First, code.Second, 2 * j);
        a.Vpandd(code.First, code.First, code.Low);
        a.Vpsrld(code.Second, code.Second, 2 * j + 4);
        a.Vpandd(code.Second, code.Second, code.Low);
    }

    public static void WriteScale(in GroupCode code, Zmm to, int group)
    {
        code.ShiftRight(to, code.At(Word * (1 + group / 4)), 8 * (group % 4));
        code.Assembler.Vpandd(to, to, code.Assembler.Each(15));
    }

    public static void WriteMinimum(in GroupCode code, Zmm to, int group)
    {
        code.ShiftRight(to, code.At(Word * (1 + group / 4)), 8 * (group % 4) + 4);
        code.Assembler.Vpandd(to, to, code.Assembler.Each(15));
    }
}
