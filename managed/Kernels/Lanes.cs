using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>
/// What all matrix kernels share: sixteen rows side by side in the lanes, eight tokens one under another.
/// The instruction set is a compile-time constant under NativeAOT, so each `if` on these properties is folded.
/// </summary>
internal static unsafe class Lanes
{
    /// <summary>Output rows that one packed group holds, one a 32-bit lane.</summary>
    public const int Rows = 16;

    /// <summary>Tokens that one activation tile holds.</summary>
    public const int Tokens = 8;

    /// <summary>512-bit integer kernels can run.</summary>
    public static bool Wide => Avx512BW.IsSupported;

    /// <summary>256-bit integer kernels can run. Without them (and on other processors) the reference loops compute the same bits.</summary>
    public static bool Narrow => Avx2.IsSupported && Fma.IsSupported;

    /// <summary>256-bit dot products of bytes and of 16-bit numbers can run. Asked at run time: once a product, not in a loop.</summary>
    public static bool Vnni => Narrow && AvxVnni.IsSupported;

    /// <summary>128-bit kernels of ARM can run.</summary>
    public static bool Neon => AdvSimd.Arm64.IsSupported;

    /// <summary>ARM's dot products of bytes can run; unlike the others this is asked at run time.</summary>
    public static bool Dot => Dp.IsSupported;

    /// <summary>Eight 16-bit numbers to 32 bits, zeros above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Widen(Vector128<ushort> v) => Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(v).AsUInt32()
        : Vector256.Create(Vector128.WidenLower(v), Vector128.WidenUpper(v));

    /// <summary>Sixteen half-precision numbers, zero-extended to 32 bits, to single precision; exact for all finite values.</summary>
    /// <remarks>No instruction of .NET 10 converts halves. Normal numbers only need a new exponent bias (+112);
    /// a subnormal m·2^-24 comes out of the subtraction 2^-14·(1 + m/1024) - 2^-14, which meets no subnormal operand
    /// (those cost an assist on some processors).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> HalfToSingle(Vector512<uint> h)
    {
        Vector512<uint> magnitude = Vector512.ShiftLeft(h & Vector512.Create(0x7fffu), 13);
        Vector512<uint> sign = Vector512.ShiftLeft(h & Vector512.Create(0x8000u), 16);
        Vector512<uint> normal = magnitude + Vector512.Create(0x38000000u);
        Vector512<float> subnormal = (magnitude + Vector512.Create(0x38800000u)).AsSingle() - Vector512.Create(6.103515625e-05f);
        // Of a normal number m, the second is 2m - 2^-14, no less than m; of a subnormal one the first is more than the second.
        // Numbers that are not negative compare as their bits do.
        Vector512<uint> value = Vector512.Min(normal.AsInt32(), subnormal.AsInt32()).AsUInt32();
        return (value | sign).AsSingle();
    }

    /// <inheritdoc cref="HalfToSingle(Vector512{uint})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> HalfToSingle(Vector256<uint> h)
    {
        Vector256<uint> magnitude = Vector256.ShiftLeft(h & Vector256.Create(0x7fffu), 13);
        Vector256<uint> sign = Vector256.ShiftLeft(h & Vector256.Create(0x8000u), 16);
        Vector256<uint> normal = magnitude + Vector256.Create(0x38000000u);
        Vector256<float> subnormal = (magnitude + Vector256.Create(0x38800000u)).AsSingle() - Vector256.Create(6.103515625e-05f);
        Vector256<uint> value = Vector256.Min(normal.AsInt32(), subnormal.AsInt32()).AsUInt32();
        return (value | sign).AsSingle();
    }

    /// <summary>Half precision to single precision, one number: what the vector forms compute (infinities become 65536 and up).</summary>
    public static float HalfToSingle(ushort h)
    {
        uint magnitude = (h & 0x7fffu) << 13;
        uint sign = (h & 0x8000u) << 16;
        uint value = magnitude < 0x00800000u
            ? BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(magnitude + 0x38800000u) - 6.103515625e-05f)
            : magnitude + 0x38000000u;
        return BitConverter.UInt32BitsToSingle(value | sign);
    }

    /// <summary>Single precision to half precision, round to nearest even; overflow gives the largest finite half (65504),
    /// and what is below the smallest normal half (2^-14) becomes zero, so that no kernel meets a subnormal.</summary>
    public static ushort SingleToHalf(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint sign = (bits >> 16) & 0x8000u;
        uint magnitude = bits & 0x7fffffffu;
        uint rounded = magnitude + 0x0fffu + ((magnitude >> 13) & 1u);
        uint half = (rounded >> 13) - 0x1c000u;
        if (rounded < 0x38800000u)
            half = 0;
        else if (half > 0x7bffu)
            half = 0x7bffu;
        return (ushort)(sign | half);
    }

    /// <summary>Eight single-precision numbers to half precision, as <see cref="SingleToHalf(float)"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ushort> SingleToHalf(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> sign = Vector256.ShiftRightLogical(bits, 16) & Vector256.Create(0x8000u);
        Vector256<int> magnitude = (bits & Vector256.Create(0x7fffffffu)).AsInt32();
        Vector256<int> odd = Vector256.ShiftRightLogical(magnitude, 13) & Vector256.Create(1);
        Vector256<int> rounded = magnitude + Vector256.Create(0x0fff) + odd;
        Vector256<int> half = Vector256.Min(Vector256.ShiftRightLogical(rounded, 13) - Vector256.Create(0x1c000), Vector256.Create(0x7bff));
        half = Vector256.AndNot(half, Vector256.LessThan(rounded, Vector256.Create(0x38800000)));
        Vector256<uint> all = half.AsUInt32() | sign;
        return Vector128.Narrow(all.GetLower(), all.GetUpper());
    }
}
