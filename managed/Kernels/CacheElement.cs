using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>A type of key/value cache element, and how a vector of them becomes single precision.</summary>
internal unsafe interface ICacheElement
{
    static abstract int Bytes { get; }

    static abstract Vector512<float> Load512(byte* elements);

    static abstract Vector256<float> Load256(byte* elements);

    /// <summary>Writes `n` numbers, `stride` elements apart.</summary>
    static abstract void Store(float* values, int n, byte* elements, int stride);
}

/// <summary>Half precision.</summary>
internal readonly unsafe struct HalfElement : ICacheElement
{
    public static int Bytes => 2;

    // What Lanes.SingleToHalf wrote is zero or normal, so the new exponent bias is all there is to do, zero aside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* elements) => Normal(Vector512.WidenLower(Vector512.Create(Vector256.Load((short*)elements), default)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* elements) => Normal(Vector256.WidenLower(Vector256.Create(Vector128.Load((short*)elements), default)));

    // Sign-extended: the sign stands in bit 31 and in the bits above the exponent, which the mask clears.
    // 2^112 times the number that has the half's exponent field: exact, and 0 stays 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Normal(Vector512<int> h) =>
        (Vector512.ShiftLeft(h, 13) & Vector512.Create(unchecked((int)0x8fffe000))).AsSingle() * Vector512.Create(5.192296858534828e33f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Normal(Vector256<int> h) =>
        (Vector256.ShiftLeft(h, 13) & Vector256.Create(unchecked((int)0x8fffe000))).AsSingle() * Vector256.Create(5.192296858534828e33f);

    public static void Store(float* values, int n, byte* elements, int stride)
    {
        ushort* to = (ushort*)elements;
        if (stride == 1)
        {
            int i = 0;
            for (; i <= n - 8; i += 8)
                Lanes.SingleToHalf(Vector256.Load(values + i)).Store(to + i);
            for (; i < n; i++)
                to[i] = Lanes.SingleToHalf(values[i]);
            return;
        }
        for (int i = 0; i < n; i++)
            to[(long)i * stride] = Lanes.SingleToHalf(values[i]);
    }
}

/// <summary>Single precision.</summary>
internal readonly unsafe struct SingleElement : ICacheElement
{
    public static int Bytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* elements) => Vector512.Load((float*)elements);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* elements) => Vector256.Load((float*)elements);

    public static void Store(float* values, int n, byte* elements, int stride)
    {
        float* to = (float*)elements;
        for (int i = 0; i < n; i++)
            to[(long)i * stride] = values[i];
    }
}
