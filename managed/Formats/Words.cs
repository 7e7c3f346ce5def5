using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>Integers of 16 bits in the order that <see cref="Kernels.WordGemm"/> wants: of each four first the even pair (0, 2), then the odd one (1, 3).</summary>
internal static unsafe class Words
{
    /// <summary>Where weight i lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int i) => i & ~3 | (i & 1) << 1 | i >> 1 & 1;

    /// <summary>Eight bytes, which are consecutive weights, to 16 bits in that order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ushort> Order(ulong bytes) =>
        Vector128.Shuffle(Vector128.WidenLower(Vector128.CreateScalarUnsafe(bytes).AsByte()), Vector128.Create((ushort)0, 2, 1, 3, 4, 6, 5, 7));

    /// <summary>A block's scale. Of one that is not finite that is kept: whoever unpacks the block tells.</summary>
    public static float Scale(ushort half) => Finite.IsHalf(half) ? Lanes.HalfToSingle(half) : (float)BitConverter.UInt16BitsToHalf(half);
}
