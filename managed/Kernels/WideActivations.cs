using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

/// <summary>
/// Products of signed bytes with 16-bit activations on ARM, where dot products are of bytes. An activation is taken apart: a = 256·h + l + 128 with
/// h = a >> 8 and l = (a &amp; 255) - 128, both signed bytes. So sum w·a = 256·(sum w·h) + (sum w·l) + 128·(sum w), all exact; the last part is the
/// same for all tokens.
/// </summary>
internal static unsafe class WideActivations
{
    /// <summary>Where the low bytes of 16 activations are in memory, in order: each four lie as 0, 2, 1, 3 (<see cref="Int16Activations"/>).</summary>
    public static Vector128<byte> LowBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create((byte)0, 4, 2, 6, 8, 12, 10, 14, 16, 20, 18, 22, 24, 28, 26, 30);
    }

    /// <summary>The high bytes, beside them.</summary>
    public static Vector128<byte> HighBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create((byte)1, 5, 3, 7, 9, 13, 11, 15, 17, 21, 19, 23, 25, 29, 27, 31);
    }

    /// <summary>l and h of 16 activations; the places are the two above, which a loop keeps in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split(byte* a, Vector128<byte> lowBytes, Vector128<byte> highBytes, out Vector128<sbyte> l, out Vector128<sbyte> h)
    {
        Vector128<byte> first = Vector128.Load(a), second = Vector128.Load(a + 16);
        l = (AdvSimd.Arm64.VectorTableLookup((first, second), lowBytes) ^ Vector128.Create((byte)0x80)).AsSByte();
        h = AdvSimd.Arm64.VectorTableLookup((first, second), highBytes).AsSByte();
    }

    /// <summary>sum + the sum of 16 weights of each of four rows; vi holds weights 4i to 4i + 3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddWeights<TDot>(Vector128<int> sum,
        Vector128<sbyte> v0, Vector128<sbyte> v1, Vector128<sbyte> v2, Vector128<sbyte> v3) where TDot : struct, IDot =>
        Dot<TDot>(sum, Vector128.Create((sbyte)1), v0, v1, v2, v3);

    /// <summary>sum + 256·(w·h) + w·l for 16 weights of each of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add<TDot>(Vector128<int> sum, Vector128<sbyte> l, Vector128<sbyte> h,
        Vector128<sbyte> v0, Vector128<sbyte> v1, Vector128<sbyte> v2, Vector128<sbyte> v3) where TDot : struct, IDot =>
        Dot<TDot>(sum, l, v0, v1, v2, v3) + Vector128.ShiftLeft(Dot<TDot>(default, h, v0, v1, v2, v3), 8);

    /// <summary>sum + w·x for 16 weights of each of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Dot<TDot>(Vector128<int> sum, Vector128<sbyte> x,
        Vector128<sbyte> v0, Vector128<sbyte> v1, Vector128<sbyte> v2, Vector128<sbyte> v3) where TDot : struct, IDot =>
        TDot.Add(TDot.Add(TDot.Add(TDot.Add(sum, v0, x, 0), v1, x, 1), v2, x, 2), v3, x, 3);

    /// <summary>output[8] + d·s·sum for 8 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(float* output, Vector128<int> first, Vector128<int> last, Vector256<float> d, float s)
    {
        Vector128<float> scale = Vector128.Create(s);
        AdvSimd.FusedMultiplyAdd(Vector128.Load(output), AdvSimd.ConvertToSingle(first), d.GetLower() * scale).Store(output);
        AdvSimd.FusedMultiplyAdd(Vector128.Load(output + 4), AdvSimd.ConvertToSingle(last), d.GetUpper() * scale).Store(output + 4);
    }
}
