using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>Takes single bytes of each 32-bit lane as signed 16-bit numbers: how the k-quants' small scales meet vpmaddwd.</summary>
internal static class LaneBytes
{
    /// <summary>Byte b (0 to 3) of each lane in both 16-bit halves of the lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Twice(Vector512<byte> lanes, int b) => Take(lanes, 0x0480_0480_0080_0080UL + (ulong)b * 0x0100_0100_0100_0100UL);

    /// <summary>Bytes b and b + 1 of each lane in its two 16-bit halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Pair(Vector512<byte> lanes, int b) => Take(lanes, 0x0580_0480_0180_0080UL + (ulong)b * 0x0100_0100_0100_0100UL);

    /// <inheritdoc cref="Twice(Vector512{byte}, int)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Twice(Vector256<byte> lanes, int b) => Take(lanes, 0x0480_0480_0080_0080UL + (ulong)b * 0x0100_0100_0100_0100UL);

    /// <inheritdoc cref="Pair(Vector512{byte}, int)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Pair(Vector256<byte> lanes, int b) => Take(lanes, 0x0580_0480_0180_0080UL + (ulong)b * 0x0100_0100_0100_0100UL);

    // The byte goes to the upper half of 16 bits (an index of 0x80 gives zero), then down again with its sign.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Take(Vector512<byte> lanes, ulong pattern)
    {
        ulong next = pattern + 0x0800_0800_0800_0800UL;
        Vector512<byte> mask = Vector512.Create(pattern, next, pattern, next, pattern, next, pattern, next).AsByte();
        return Vector512.ShiftRightArithmetic(Avx512BW.Shuffle(lanes, mask).AsInt16(), 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Take(Vector256<byte> lanes, ulong pattern)
    {
        ulong next = pattern + 0x0800_0800_0800_0800UL;
        Vector256<byte> mask = Vector256.Create(pattern, next, pattern, next).AsByte();
        return Vector256.ShiftRightArithmetic(Avx2.Shuffle(lanes, mask).AsInt16(), 8);
    }
}
