using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>Sixteen numbers as a kernel holds them: one vector or two. What they compute is the same to the last bit.</summary>
internal unsafe interface ISixteen<TSelf> where TSelf : struct, ISixteen<TSelf>
{
    static abstract TSelf Create(float value);

    static abstract TSelf Load(float* from);

    void Store(float* to);

    TSelf Times(TSelf other);

    /// <summary>this · factor + addend, rounded once.</summary>
    TSelf TimesPlus(TSelf factor, TSelf addend);

    /// <summary>e^x of each.</summary>
    TSelf Exponential();

    /// <summary>The sum of all, always in the same order.</summary>
    float Sum();
}

/// <summary>For processors with vectors of 512 bits.</summary>
internal readonly unsafe struct WideSixteen(Vector512<float> v) : ISixteen<WideSixteen>
{
    private readonly Vector512<float> _v = v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideSixteen Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideSixteen Load(float* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _v.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WideSixteen Times(WideSixteen other) => new(_v * other._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WideSixteen TimesPlus(WideSixteen factor, WideSixteen addend) => new(Vector512.FusedMultiplyAdd(_v, factor._v, addend._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WideSixteen Exponential() => new(Exp.Compute(_v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => Reduce.Sum(_v);
}

/// <summary>For all others.</summary>
internal readonly unsafe struct NarrowSixteen(Vector256<float> low, Vector256<float> high) : ISixteen<NarrowSixteen>
{
    private readonly Vector256<float> _low = low;
    private readonly Vector256<float> _high = high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NarrowSixteen Create(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NarrowSixteen Load(float* from) => new(Vector256.Load(from), Vector256.Load(from + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to)
    {
        _low.Store(to);
        _high.Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NarrowSixteen Times(NarrowSixteen other) => new(_low * other._low, _high * other._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NarrowSixteen TimesPlus(NarrowSixteen factor, NarrowSixteen addend) =>
        new(Vector256.FusedMultiplyAdd(_low, factor._low, addend._low), Vector256.FusedMultiplyAdd(_high, factor._high, addend._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NarrowSixteen Exponential() => new(Exp.Compute(_low), Exp.Compute(_high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => Reduce.Sum(_low + _high);
}
