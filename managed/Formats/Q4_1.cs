using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>4 bits: 32 weights d·q + m. Low nibbles are the first 16 weights, high nibbles the others.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q4_1 : IFormat<Q4_1>, INibbleTile
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Minimum m.</summary>
    public Half M;

    /// <summary>Nibbles q.</summary>
    public fixed byte Quants[16];

    public static int Elements => 32;

    public static void Decode(Q4_1* block, float* output)
    {
        float d = (float)block->D, m = (float)block->M;
        for (int i = 0; i < 16; i++)
        {
            output[i] = d * (block->Quants[i] & 15) + m;
            output[i + 16] = d * (block->Quants[i] >> 4) + m;
        }
    }

    // Packed: 16 x (d, m), then four times 16 x 4 bytes of nibbles: the file's 32-bit words, transposed.
    public static bool IsFinite(byte* packed) => Finite.HalfPairs(packed);

    public static void Pack(Q4_1* block, BlockRows rows, byte* packed) => rows.PackWords(block, sizeof(Q4_1) / 4, packed);

    public static int HeaderBytes => 64;

    public static bool FifthBit => false;

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
