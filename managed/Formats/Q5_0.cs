using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>5 bits: 32 weights d·(q - 16). Low nibbles are the first 16 weights, high nibbles the others; bit i of
/// <see cref="FifthBits"/> is the highest bit of weight i.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q5_0 : IFormat<Q5_0>, INibbleTile
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>The highest bits of q.</summary>
    public uint FifthBits;

    /// <summary>The low four bits of q.</summary>
    public fixed byte Quants[16];

    public static int Elements => 32;

    public static void Decode(Q5_0* block, float* output)
    {
        float d = (float)block->D;
        uint high = block->FifthBits;
        for (int i = 0; i < 16; i++)
        {
            output[i] = d * (Q(block->Quants[i] & 15, high >> i) - 16);
            output[i + 16] = d * (Q(block->Quants[i] >> 4, high >> (i + 16)) - 16);
        }
    }

    private static int Q(int low, uint bits) => low | (int)(bits & 1) << 4;

    // Packed: 16 x d, the plane of fifth bits, then four times 16 x 4 bytes of nibbles.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(Q5_0* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(&block->FifthBits, 1, packed + HeaderBytes);
        FifthBitPlane.Arrange(packed + HeaderBytes);
        rows.PackWords(block->Quants, 4, packed + HeaderBytes + 64);
    }

    public static int HeaderBytes => 32;

    public static bool FifthBit => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block) => Halves.Load(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Offset(byte* block, Vector512<float> scale) => scale * Vector512.Create(-16f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int half) => Halves.Load(block, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Offset(byte* block, int half, Vector256<float> scale) => scale * Vector256.Create(-16f);

    public static (float Scale, float Offset) ScaleAndOffset(byte* block, int row)
    {
        float d = Halves.Load1(block, row);
        return (d, d * -16f);
    }
}
