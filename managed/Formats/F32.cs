using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>Single precision.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct F32 : IFormat<F32>, ISingleTile
{
    /// <summary>The weight.</summary>
    public float Value;

    public static int Elements => 1;

    public static void Decode(F32* block, float* output) => *output = block->Value;

    public static bool IsFinite(byte* packed) => Finite.Singles(packed);

    public static void Pack(F32* block, BlockRows rows, byte* packed) => rows.PackWords(block, 1, packed);

    public static int RowBytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* weights) => Vector512.Load((float*)weights);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* weights, int half) => Vector256.Load((float*)weights + 8 * half);

    public static float Load1(byte* weights, int row) => ((float*)weights)[row];
}
