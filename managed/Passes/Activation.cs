using System.Runtime.Intrinsics;
using Realm.Kernels.Functions;

namespace Realm.Passes;

/// <summary>A function between two matrix products, applied to 16 outputs of some rows at a time.</summary>
internal abstract unsafe class Activation
{
    public static Activation Silu { get; } = new Activation<Silu>();

    public static Activation GeluTanh { get; } = new Activation<GeluTanh>();

    public static Activation GeluErf { get; } = new Activation<GeluErf>();

    public static Activation GeluQuick { get; } = new Activation<GeluQuick>();

    public static Activation Relu { get; } = new Activation<Relu>();

    /// <summary>SwiGLU with limits; see <see cref="ClampedSwiglu"/>.</summary>
    public static Activation SwigluOai { get; } = new ClampedSwiglu(7f, 1.702f, 1f);

    public static Activation Sigmoid { get; } = new Activation<Sigmoid>();

    public static Activation Tanh { get; } = new Activation<Tanh>();

    public static Activation ReluSquared { get; } = new Activation<ReluSquared>();

    /// <summary>x = f(x); `n` is a multiple of 8.</summary>
    public abstract void Apply(float* x, int n);

    /// <summary>gate = f(gate) · up; `n` is a multiple of 8.</summary>
    public abstract void Gate(float* gate, float* up, int n);
}

/// <summary>The bridge from a static function to run time.</summary>
internal sealed unsafe class Activation<T> : Activation where T : struct, IFunction
{
    public override void Apply(float* x, int n)
    {
        for (int i = 0; i < n; i += 8)
            T.Compute(Vector256.Load(x + i)).Store(x + i);
    }

    public override void Gate(float* gate, float* up, int n)
    {
        for (int i = 0; i < n; i += 8)
            (T.Compute(Vector256.Load(gate + i)) * Vector256.Load(up + i)).Store(gate + i);
    }
}
