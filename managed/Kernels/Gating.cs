using System.Runtime.Intrinsics;
using Realm.Kernels.Functions;

namespace Realm.Kernels;

/// <summary>Products of a row with a function of another: any length, the same bits at every place.</summary>
internal static unsafe class Gating
{
    /// <summary>y = silu(gate) · y.</summary>
    public static void Silu(float* gate, float* y, int n) => Multiply<Silu>(gate, y, n);

    /// <summary>y = sigmoid(gate) · y.</summary>
    public static void Sigmoid(float* gate, float* y, int n) => Multiply<Sigmoid>(gate, y, n);

    /// <summary>y = f(gate) · y.</summary>
    public static void Multiply<T>(float* gate, float* y, int n) where T : struct, IFunction
    {
        int i = 0;
        for (; i <= n - 8; i += 8)
            (T.Compute(Vector256.Load(gate + i)) * Vector256.Load(y + i)).Store(y + i);
        for (; i < n; i++)
            y[i] *= T.Compute(Vector256.CreateScalar(gate[i])).ToScalar();
    }
}
