using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>4 bits: 32 weights d·(q - 8). Low nibbles are the first 16 weights, high nibbles the others.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q4_0 : IFormat<Q4_0>, INibbleTile
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Nibbles q.</summary>
    public fixed byte Quants[16];

    public static int Elements => 32;

    public static void Decode(Q4_0* block, float* output)
    {
        float d = (float)block->D;
        for (int i = 0; i < 16; i++)
        {
            output[i] = d * ((block->Quants[i] & 15) - 8);
            output[i + 16] = d * ((block->Quants[i] >> 4) - 8);
        }
    }

    // Packed: 16 x d, then four times 16 x 4 bytes of nibbles.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(Q4_0* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Quants, 4, packed + HeaderBytes);
    }

    public static int HeaderBytes => 32;

    public static bool FifthBit => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block) => Halves.Load(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Offset(byte* block, Vector512<float> scale) => scale * Vector512.Create(-8f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int half) => Halves.Load(block, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Offset(byte* block, int half, Vector256<float> scale) => scale * Vector256.Create(-8f);

    public static (float Scale, float Offset) ScaleAndOffset(byte* block, int row)
    {
        float d = Halves.Load1(block, row);
        return (d, d * -8f);
    }
}
