using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>Sums over the lanes of a vector, halving each time: one order on every processor.</summary>
internal static class Reduce
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> v)
    {
        Vector128<float> q = v.GetLower() + v.GetUpper();
        q += Vector128.Shuffle(q, Vector128.Create(2, 3, 0, 1));
        return q[0] + q[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> v) => Sum(v.GetLower() + v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector256<float> v)
    {
        Vector128<float> q = Vector128.Max(v.GetLower(), v.GetUpper());
        q = Vector128.Max(q, Vector128.Shuffle(q, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(q[0], q[1]);
    }

    /// <summary>The largest lane. Which one of +0 and -0, and whether NaN counts, is the processor's choice: for where that makes no difference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxNative(Vector256<float> v)
    {
        Vector128<float> q = Vector128.MaxNative(v.GetLower(), v.GetUpper());
        q = Vector128.MaxNative(q, Vector128.Shuffle(q, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(q, Vector128.Shuffle(q, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    /// <inheritdoc cref="MaxNative(Vector256{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxNative(Vector512<float> v) => MaxNative(Vector256.MaxNative(v.GetLower(), v.GetUpper()));
}
