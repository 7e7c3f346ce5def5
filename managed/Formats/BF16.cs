using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>bfloat16: the upper half of a single-precision number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct BF16 : IFormat<BF16>, ISingleTile
{
    /// <summary>Sign, exponent and the upper 7 bits of the mantissa.</summary>
    public ushort Bits;

    public static int Elements => 1;

    public static void Decode(BF16* block, float* output) => *output = BitConverter.UInt32BitsToSingle((uint)block->Bits << 16);

    public static bool IsFinite(byte* packed) => Finite.Brains(packed);

    public static void Pack(BF16* block, BlockRows rows, byte* packed) => rows.PackHalves(block, packed);

    public static int RowBytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* weights) =>
        Vector512.ShiftLeft(Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)weights)), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* weights, int half) =>
        Vector256.ShiftLeft(Lanes.Widen(Vector128.Load((ushort*)weights + 8 * half)), 16).AsSingle();

    public static float Load1(byte* weights, int row) => BitConverter.UInt32BitsToSingle((uint)((ushort*)weights)[row] << 16);
}
