using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>
/// Whether numbers are finite: an exponent of only ones is an infinity or no number. The kernels' conversions take it for one more finite exponent, which is quicker
/// and wrong, so what they will meet is looked at first, as it is packed.
/// </summary>
internal static unsafe class Finite
{
    // The exponents of half precision and of bfloat16.
    private const ushort Half = 0x7c00;
    private const ushort Brain = 0x7f80;

    /// <summary>16 numbers of half precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Halves(byte* at) => !Any(Vector256.Load((ushort*)at), Half);

    /// <summary>32 numbers of half precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HalfPairs(byte* at) => Halves(at) & Halves(at + 32);

    /// <summary>16 numbers of bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Brains(byte* at) => !Any(Vector256.Load((ushort*)at), Brain);

    /// <summary>16 numbers of single precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Singles(byte* at)
    {
        Vector256<uint> exponent = Vector256.Create(0x7f800000u);
        Vector256<uint> first = Vector256.Equals(Vector256.Load((uint*)at) & exponent, exponent);
        Vector256<uint> second = Vector256.Equals(Vector256.Load((uint*)at + 8) & exponent, exponent);
        return (first | second) == Vector256<uint>.Zero;
    }

    /// <summary>One number of half precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsHalf(ushort bits) => (bits & Half) != Half;

    /// <summary>Where the first number that is not finite stands; -1: nowhere.</summary>
    public static long IndexOfOther(float* values, long count)
    {
        long i = 0;
        for (; i + 16 <= count && Singles((byte*)(values + i)); i += 16)
        {
        }
        for (; i < count; i++)
        {
            if (!float.IsFinite(values[i]))
                return i;
        }
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Any(Vector256<ushort> numbers, ushort exponent) =>
        Vector256.EqualsAny(numbers & Vector256.Create(exponent), Vector256.Create(exponent));
}
