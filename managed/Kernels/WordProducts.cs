using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>
/// Products of 16-bit weights with the 16-bit activations of one token, as <see cref="ByteGemm{T}"/>, <see cref="TableGemm{T}"/>, <see cref="DigitGemm{T}"/> and
/// <see cref="WordGemm"/> share them. A vector of weights has two of each row in its lane, which meet the same two activations, in the order of
/// <see cref="Int16Activations"/>.
/// </summary>
/// <remarks>vpmaddwd adds two products in 32 bits. Sums are exact where 32 products stay below 2^31: those who call see to that.</remarks>
internal static unsafe class WordProducts
{
    /// <summary>The first and third of four bytes in each lane, with their signs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Even(Vector512<short> bytes) => Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(bytes, 8), 8);

    /// <summary>The second and fourth of four bytes in each lane, with their signs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Odd(Vector512<short> bytes) => Vector512.ShiftRightArithmetic(bytes, 8);

    /// <summary>The products of eight vectors of weights with 16 activations from `a` on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Sum(byte* a,
        Vector512<short> v0, Vector512<short> v1, Vector512<short> v2, Vector512<short> v3,
        Vector512<short> v4, Vector512<short> v5, Vector512<short> v6, Vector512<short> v7)
    {
        // Two chains, so that none waits for the other.
        Vector512<int> even = Pairs(v0, a);
        Vector512<int> odd = Pairs(v1, a + 4);
        even = Avx512F.Add(even, Pairs(v2, a + 8));
        odd = Avx512F.Add(odd, Pairs(v3, a + 12));
        even = Avx512F.Add(even, Pairs(v4, a + 16));
        odd = Avx512F.Add(odd, Pairs(v5, a + 20));
        even = Avx512F.Add(even, Pairs(v6, a + 24));
        odd = Avx512F.Add(odd, Pairs(v7, a + 28));
        return Avx512F.Add(even, odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Pairs(Vector512<short> weights, byte* activations) =>
        Avx512BW.MultiplyAddAdjacent(weights, Vector512.Create(*(int*)activations).AsInt16());

    /// <summary>c + d·dy·sum, where `s` points to dy: what ends a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Finish(Vector512<float> c, Vector512<int> sum, float* s, Vector512<float> d) =>
        Avx512F.FusedMultiplyAdd(Avx512F.ConvertToVector512Single(sum), d * Vector512.Create(*s), c);

    /// <inheritdoc cref="Even(Vector512{short})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Even(Vector256<short> bytes) => Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(bytes, 8), 8);

    /// <inheritdoc cref="Odd(Vector512{short})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Odd(Vector256<short> bytes) => Vector256.ShiftRightArithmetic(bytes, 8);

    /// <summary>sum + the products of four vectors of weights with 8 activations from `a` on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, byte* a, Vector256<short> v0, Vector256<short> v1, Vector256<short> v2, Vector256<short> v3)
    {
        Vector256<int> even = Avx2.Add(Pairs(v0, a), Pairs(v2, a + 8));
        Vector256<int> odd = Avx2.Add(Pairs(v1, a + 4), Pairs(v3, a + 12));
        return Avx2.Add(sum, Avx2.Add(even, odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pairs(Vector256<short> weights, byte* activations) =>
        Avx2.MultiplyAddAdjacent(weights, Vector256.Create(*(int*)activations).AsInt16());

    /// <inheritdoc cref="Finish(Vector512{float}, Vector512{int}, float*, Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Finish(Vector256<float> c, Vector256<int> sum, float* s, Vector256<float> d) =>
        Fma.MultiplyAdd(Avx.ConvertToVector256Single(sum), d * Vector256.Create(*s), c);
}
