using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>IEEE half precision.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct F16 : IFormat<F16>, ISingleTile
{
    /// <summary>The weight.</summary>
    public Half Value;

    public static int Elements => 1;

    public static void Decode(F16* block, float* output) => *output = (float)block->Value;

    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(F16* block, BlockRows rows, byte* packed) => rows.PackHalves(block, packed);

    public static int RowBytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* weights) => Halves.Load(weights);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* weights, int half) => Halves.Load(weights, half);

    public static float Load1(byte* weights, int row) => Halves.Load1(weights, row);
}
