using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>A type of key/value cache element, and how a vector of them becomes single precision.</summary>
/// <remarks>Whoever loads hands in the scale that he got from the same type, so that it can stay in a register: types without scales
/// have a constant there, or nothing.</remarks>
internal unsafe interface ICacheElement
{
    // The three are constants in every loop: the attributes see to it that they are, where a method has more calls than the compiler cares to look at.
    static abstract int Bytes { get; }

    /// <summary>Consecutive elements of a head that share a scale; more than a head has where there are none.</summary>
    static abstract int ScaleRun { get; }

    /// <summary>Bytes of a scale; 0 where there are none.</summary>
    static abstract int ScaleBytes { get; }

    /// <summary>The scales of sixteen heads side by side.</summary>
    static abstract Vector512<float> Scales512(byte* scales);

    /// <summary>The scales of eight heads side by side.</summary>
    static abstract Vector256<float> Scales256(byte* scales);

    /// <summary>One scale, for all lanes.</summary>
    static abstract Vector512<float> Scale512(byte* scale);

    /// <summary>One scale, for all lanes.</summary>
    static abstract Vector256<float> Scale256(byte* scale);

    static abstract Vector512<float> Load512(byte* elements, Vector512<float> scale);

    static abstract Vector256<float> Load256(byte* elements, Vector256<float> scale);

    /// <summary>Writes `n` numbers of a head, `stride` elements apart, and their scales, as many scales apart.</summary>
    static abstract void Store(float* values, int n, byte* elements, int stride, byte* scales, int scaleStride);
}

/// <summary>Half precision.</summary>
internal readonly unsafe struct HalfElement : ICacheElement
{
    // 2^112: what makes a number of single precision with a half's exponent field that half. Exact, and 0 stays 0.
    private const float Bias = 5.192296858534828e33f;

    public static int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2;
    }

    public static int ScaleRun
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => KeyBlock.NoScales;
    }

    public static int ScaleBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scales512(byte* scales) => Vector512.Create(Bias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales256(byte* scales) => Vector256.Create(Bias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale512(byte* scale) => Vector512.Create(Bias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale256(byte* scale) => Vector256.Create(Bias);

    // What Lanes.SingleToHalf wrote is zero or normal, so the new exponent bias is all there is to do, zero aside.
    // Sign-extended: the sign stands in bit 31 and in the bits above the exponent, which the mask clears.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* elements, Vector512<float> scale)
    {
        Vector512<int> h = Avx512F.ConvertToVector512Int32(Vector256.Load((short*)elements));
        return (Vector512.ShiftLeft(h, 13) & Vector512.Create(unchecked((int)0x8fffe000))).AsSingle() * scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* elements, Vector256<float> scale)
    {
        Vector128<short> v = Vector128.Load((short*)elements);
        Vector256<int> h = Avx2.IsSupported ? Avx2.ConvertToVector256Int32(v) : Vector256.Create(Vector128.WidenLower(v), Vector128.WidenUpper(v));
        return (Vector256.ShiftLeft(h, 13) & Vector256.Create(unchecked((int)0x8fffe000))).AsSingle() * scale;
    }

    public static void Store(float* values, int n, byte* elements, int stride, byte* scales, int scaleStride)
    {
        ushort* to = (ushort*)elements;
        long step = stride;
        int i = 0;
        for (; i <= n - 8; i += 8, to += 8 * step)
        {
            Vector128<ushort> halves = Lanes.SingleToHalf(Vector256.Load(values + i));
            if (stride == 1)
            {
                halves.Store(to);
                continue;
            }
            to[0] = halves[0];
            to[step] = halves[1];
            to[2 * step] = halves[2];
            to[3 * step] = halves[3];
            to[4 * step] = halves[4];
            to[5 * step] = halves[5];
            to[6 * step] = halves[6];
            to[7 * step] = halves[7];
        }
        for (; i < n; i++, to += step)
            *to = Lanes.SingleToHalf(values[i]);
    }
}

/// <summary>Single precision.</summary>
internal readonly unsafe struct SingleElement : ICacheElement
{
    public static int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }

    public static int ScaleRun
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => KeyBlock.NoScales;
    }

    public static int ScaleBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scales512(byte* scales) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales256(byte* scales) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale512(byte* scale) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale256(byte* scale) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* elements, Vector512<float> scale) => Vector512.Load((float*)elements);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* elements, Vector256<float> scale) => Vector256.Load((float*)elements);

    public static void Store(float* values, int n, byte* elements, int stride, byte* scales, int scaleStride)
    {
        float* to = (float*)elements;
        for (int i = 0; i < n; i++)
            to[(long)i * stride] = values[i];
    }
}

/// <summary>
/// Eight bits, and a scale for 32 elements of a head: x = s·q with s = max |x| / 127. The scale has the upper half of a single-precision number's bits
/// (8 bits of mantissa, the whole range), so that s·q is exact: it makes no difference where the product is formed.
/// </summary>
internal readonly unsafe struct ByteElement : ICacheElement
{
    // Below it (max |x| is 1e-28 then) a product would not be normal any more: taken for zero.
    private const float SmallestScale = 7.888609e-31f;

    // 1.5 · 2^23: adding it rounds to the nearest integer, of two the even one, which then stands in the low bits.
    private const float Magic = 12582912f;

    public static int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    public static int ScaleRun
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 32;
    }

    public static int ScaleBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scales512(byte* scales) =>
        Vector512.ShiftLeft(Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)scales)), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales256(byte* scales)
    {
        Vector128<ushort> upper = Vector128.Load((ushort*)scales);
        return Vector256.ShiftLeft(Vector256.Create(Vector128.WidenLower(upper), Vector128.WidenUpper(upper)), 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale512(byte* scale) => Vector512.Create(*(ushort*)scale << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale256(byte* scale) => Vector256.Create(*(ushort*)scale << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* elements, Vector512<float> scale) =>
        Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)elements))) * scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* elements, Vector256<float> scale)
    {
        if (Avx2.IsSupported)
            return Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32((sbyte*)elements)) * scale;
        Vector128<short> wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)elements).AsSByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide))) * scale;
    }

    public static void Store(float* values, int n, byte* elements, int stride, byte* scales, int scaleStride)
    {
        sbyte* to = (sbyte*)elements;
        for (int from = 0; from < n; from += ScaleRun)
        {
            int count = Math.Min(ScaleRun, n - from);
            float* x = values + from;
            ushort upper = Scale(Largest(x, count));
            ((ushort*)scales)[from / ScaleRun * scaleStride] = upper;
            float inverse = upper == 0 ? 0 : 1 / BitConverter.Int32BitsToSingle(upper << 16);
            for (int i = 0; i < count; i++)
                to[(long)(from + i) * stride] = (sbyte)BitConverter.SingleToInt32Bits(x[i] * inverse + Magic);
        }
    }

    private static float Largest(float* x, int n)
    {
        Vector256<float> largest = default;
        int i = 0;
        for (; i <= n - 8; i += 8)
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(x + i)));
        float max = Reduce.Max(largest);
        for (; i < n; i++)
            max = MathF.Max(max, MathF.Abs(x[i]));
        return max;
    }

    /// <summary>The upper half of a scale's bits, rounded up: so no element gets beyond 127.</summary>
    private static ushort Scale(float largest)
    {
        float scale = largest / 127;
        return scale < SmallestScale ? (ushort)0 : (ushort)((BitConverter.SingleToUInt32Bits(scale) + 0xffff) >> 16);
    }
}

/// <summary>64 keys and values of one head, and where there are scales, theirs.</summary>
/// <param name="keys">(element of the head, 64 keys)</param>
/// <param name="keyScales">(run of elements, 64 keys)</param>
/// <param name="values">(64 keys, elements of the head)</param>
/// <param name="valueScales">(64 keys, runs of elements)</param>
internal readonly unsafe struct CacheBlock(byte* keys, byte* keyScales, byte* values, byte* valueScales)
{
    public readonly byte* Keys = keys;
    public readonly byte* KeyScales = keyScales;
    public readonly byte* Values = values;
    public readonly byte* ValueScales = valueScales;
}
