using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>8 bits: 32 weights d·q, q signed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q8_0 : IFormat<Q8_0>, IByteTile
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Numbers q.</summary>
    public fixed sbyte Quants[32];

    public static int Elements => 32;

    public static void Decode(Q8_0* block, float* output)
    {
        float d = (float)block->D;
        for (int i = 0; i < 32; i++)
            output[i] = d * block->Quants[i];
    }

    // Packed: 16 x d, then eight times 16 x 4 bytes.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(Q8_0* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Quants, 8, packed + HeaderBytes);
    }

    public static int HeaderBytes => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block) => Halves.Load(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int half) => Halves.Load(block, half);

    public static float Scale1(byte* block, int row) => Halves.Load1(block, row);
}
