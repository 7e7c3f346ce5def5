using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>
/// How an x86 processor adds up products in 256 bits: what its kernels are generic over. All of it is exact. A lane belongs to a row, of which a vector
/// holds two 16-bit weights or four unsigned bytes; they meet as many signed activations of one token.
/// </summary>
/// <remarks>
/// Some processors multiply by the scale of a group when they widen its sums, others once, at its end. So the sum of a group of bytes is
/// <see cref="Begin"/>, one or more Add, and <see cref="End"/>, all with the same scale; where that is 1, Add alone will do.
/// </remarks>
internal unsafe interface INarrowDot
{
    /// <summary>sum + the products of four vectors of 16-bit weights with 8 activations from `a` on.</summary>
    static abstract Vector256<int> Add(Vector256<int> sum, byte* a, Vector256<short> v0, Vector256<short> v1, Vector256<short> v2, Vector256<short> v3);

    /// <summary>A scale, which comes in both halves of a lane, as the following want it.</summary>
    static abstract Vector256<int> Scale(Vector256<short> scale);

    /// <summary>The sum of a group with no products yet, when `total` is that of the groups before.</summary>
    static abstract Vector256<int> Begin(Vector256<int> total);

    /// <summary>Adds the products of v0, v1 with 8 activations from a + first on and those of v2, v3 with 8 from a + second on. Weights are at most
    /// 31, or with `sixBits` 63; activations are at least -127.</summary>
    /// <remarks>Offsets that are constants become part of the instructions; pointers to each place would be computed.</remarks>
    static abstract Vector256<int> Add(Vector256<int> sum, byte* a, int first, int second, Vector256<int> scale,
        Vector256<byte> v0, Vector256<byte> v1, Vector256<byte> v2, Vector256<byte> v3, bool sixBits = false);

    /// <summary>total + scale · the products of the group.</summary>
    static abstract Vector256<int> End(Vector256<int> total, Vector256<int> sum, Vector256<int> scale);
}

/// <summary>With AVX2: products in 16 bits, two at a time (vpmaddubsw); widening them (vpmaddwd) multiplies by the scale.</summary>
/// <remarks>Eight products fit in 16 bits (8·31·127 = 31496), of 6-bit weights four (4·63·127 = 32004).</remarks>
internal readonly unsafe struct PairProducts : INarrowDot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, byte* a, Vector256<short> v0, Vector256<short> v1, Vector256<short> v2, Vector256<short> v3) =>
        WordProducts.Add(sum, a, v0, v1, v2, v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Scale(Vector256<short> scale) => scale.AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Begin(Vector256<int> total) => total;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, byte* a, int first, int second, Vector256<int> scale,
        Vector256<byte> v0, Vector256<byte> v1, Vector256<byte> v2, Vector256<byte> v3, bool sixBits = false)
    {
        Vector256<short> s0 = Avx2.Add(Pairs(v0, a + first), Pairs(v1, a + first + 4));
        Vector256<short> s1 = Avx2.Add(Pairs(v2, a + second), Pairs(v3, a + second + 4));
        return sixBits
            ? Avx2.Add(Avx2.Add(sum, Avx2.MultiplyAddAdjacent(s0, scale.AsInt16())), Avx2.MultiplyAddAdjacent(s1, scale.AsInt16()))
            : Avx2.Add(sum, Avx2.MultiplyAddAdjacent(Avx2.Add(s0, s1), scale.AsInt16()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> End(Vector256<int> total, Vector256<int> sum, Vector256<int> scale) => sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pairs(Vector256<byte> weights, byte* activations) =>
        Avx2.MultiplyAddAdjacent(weights, Vector256.Create(*(int*)activations).AsSByte());
}

/// <summary>With AVX-VNNI (<see cref="Lanes.Vnni"/>): vpdpwssd and vpdpbusd add two or four products in 32 bits, and one 32-bit product with the
/// scale follows.</summary>
internal readonly unsafe struct VnniProducts : INarrowDot
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, byte* a, Vector256<short> v0, Vector256<short> v1, Vector256<short> v2, Vector256<short> v3)
    {
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v0, Vector256.Create(*(int*)a).AsInt16());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v1, Vector256.Create(*(int*)(a + 4)).AsInt16());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v2, Vector256.Create(*(int*)(a + 8)).AsInt16());
        return AvxVnni.MultiplyWideningAndAdd(sum, v3, Vector256.Create(*(int*)(a + 12)).AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Scale(Vector256<short> scale) => Vector256.ShiftRightArithmetic(scale.AsInt32(), 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Begin(Vector256<int> total) => Vector256<int>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, byte* a, int first, int second, Vector256<int> scale,
        Vector256<byte> v0, Vector256<byte> v1, Vector256<byte> v2, Vector256<byte> v3, bool sixBits = false)
    {
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v0, Vector256.Create(*(int*)(a + first)).AsSByte());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v1, Vector256.Create(*(int*)(a + first + 4)).AsSByte());
        sum = AvxVnni.MultiplyWideningAndAdd(sum, v2, Vector256.Create(*(int*)(a + second)).AsSByte());
        return AvxVnni.MultiplyWideningAndAdd(sum, v3, Vector256.Create(*(int*)(a + second + 4)).AsSByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> End(Vector256<int> total, Vector256<int> sum, Vector256<int> scale) => total + sum * scale;
}
