using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>5 bits: 32 weights d·q + m. Low nibbles are the first 16 weights, high nibbles the others; bit i of
/// <see cref="FifthBits"/> is the highest bit of weight i.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q5_1 : IFormat<Q5_1>, INibbleTile
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Minimum m.</summary>
    public Half M;

    /// <summary>The highest bits of q.</summary>
    public uint FifthBits;

    /// <summary>The low four bits of q.</summary>
    public fixed byte Quants[16];

    public static int Elements => 32;

    public static void Decode(Q5_1* block, float* output)
    {
        float d = (float)block->D, m = (float)block->M;
        uint high = block->FifthBits;
        for (int i = 0; i < 16; i++)
        {
            output[i] = d * Q(block->Quants[i] & 15, high >> i) + m;
            output[i + 16] = d * Q(block->Quants[i] >> 4, high >> (i + 16)) + m;
        }
    }

    private static int Q(int low, uint bits) => low | (int)(bits & 1) << 4;

    // Packed: 16 x (d, m), the plane of fifth bits, then four times 16 x 4 bytes of nibbles.
    public static bool IsFinite(byte* packed) => Finite.HalfPairs(packed);

    public static void Pack(Q5_1* block, BlockRows rows, byte* packed)
    {
        rows.PackWords(block, 1, packed);
        rows.PackWords(&block->FifthBits, 1, packed + HeaderBytes);
        FifthBitPlane.Arrange(packed + HeaderBytes);
        rows.PackWords(block->Quants, 4, packed + HeaderBytes + 64);
    }

    public static int HeaderBytes => 64;

    public static bool FifthBit => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block) => Halves.LoadFirst(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Offset(byte* block, Vector512<float> scale) => Halves.LoadSecond(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int half) => Halves.LoadFirst(block, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Offset(byte* block, int half, Vector256<float> scale) => Halves.LoadSecond(block, half);

    public static (float Scale, float Offset) ScaleAndOffset(byte* block, int row) => Halves.LoadPair(block, row);
}
