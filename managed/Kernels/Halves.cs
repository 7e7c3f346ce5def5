using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>The half-precision numbers at the head of a packed block: one for each of its 16 rows, or a pair, in single precision.</summary>
internal static unsafe class Halves
{
    /// <summary>Sixteen halves side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* block) =>
        Lanes.HalfToSingle(Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)block)).AsUInt32());

    /// <summary>Eight halves side by side: rows 8·half to 8·half + 7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* block, int half) =>
        Lanes.HalfToSingle(Lanes.Widen(Vector128.Load((ushort*)block + 8 * half)));

    /// <summary>The half of one row, where they are side by side.</summary>
    public static float Load1(byte* block, int row) => Lanes.HalfToSingle(((ushort*)block)[row]);

    /// <summary>The first of sixteen pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFirst(byte* block) =>
        Lanes.HalfToSingle(Vector512.Load((uint*)block) & Vector512.Create(0xffffu));

    /// <summary>The second of sixteen pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadSecond(byte* block) =>
        Lanes.HalfToSingle(Vector512.ShiftRightLogical(Vector512.Load((uint*)block), 16));

    /// <summary>The first of eight pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadFirst(byte* block, int half) =>
        Lanes.HalfToSingle(Vector256.Load((uint*)block + 8 * half) & Vector256.Create(0xffffu));

    /// <summary>The second of eight pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadSecond(byte* block, int half) =>
        Lanes.HalfToSingle(Vector256.ShiftRightLogical(Vector256.Load((uint*)block + 8 * half), 16));

    /// <summary>The pair of one row.</summary>
    public static (float First, float Second) LoadPair(byte* block, int row) =>
        (Lanes.HalfToSingle(((ushort*)block)[2 * row]), Lanes.HalfToSingle(((ushort*)block)[2 * row + 1]));
}
