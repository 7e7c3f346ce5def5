using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Passes;

/// <summary>xIELU: a·x² + b·x of positive numbers, c·(e^min(x, epsilon) - 1 - x) + b·x of others. (Huang and Schlag, 2024)</summary>
/// <param name="negative">c: the trained number's softplus, plus b.</param>
/// <param name="positive">a: the trained number's softplus.</param>
/// <param name="slope">b</param>
/// <param name="epsilon">A number just below 0.</param>
internal sealed unsafe class Xielu(float negative, float positive, float slope, float epsilon) : Activation
{
    public override void Apply(float* x, int n)
    {
        for (int i = 0; i < n; i += 8)
            Compute(Vector256.Load(x + i)).Store(x + i);
    }

    public override void Gate(float* gate, float* up, int n)
    {
        for (int i = 0; i < n; i += 8)
            (Compute(Vector256.Load(gate + i)) * Vector256.Load(up + i)).Store(gate + i);
    }

    private Vector256<float> Compute(Vector256<float> x)
    {
        Vector256<float> grown = Vector256.Create(positive) * x * x;
        Vector256<float> shrunk = Vector256.Create(negative) * (Exp.Compute(Vector256.Min(x, Vector256.Create(epsilon))) - Vector256<float>.One - x);
        return Vector256.ConditionalSelect(Vector256.GreaterThan(x, default), grown, shrunk) + Vector256.Create(slope) * x;
    }
}
