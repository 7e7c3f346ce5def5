using System.Runtime.Intrinsics;
using Realm.Kernels.Functions;

namespace Realm.Passes;

/// <summary>A gate that levels off: β·tanh(gate/β)·sigmoid(gate) · u, where u = γ·tanh(up/γ), or up itself without a γ. (Kimi Team, 2026)</summary>
internal sealed unsafe class Situ(float beta, float? linearBeta) : Activation
{
    public override void Apply(float* x, int n)
    {
        for (int i = 0; i < n; i += 8)
            Inner(Vector256.Load(x + i)).Store(x + i);
    }

    public override void Gate(float* gate, float* up, int n)
    {
        for (int i = 0; i < n; i += 8)
        {
            Vector256<float> u = Vector256.Load(up + i);
            if (linearBeta is { } limit)
                u = Level(u, limit);
            (Inner(Vector256.Load(gate + i)) * u).Store(gate + i);
        }
    }

    private Vector256<float> Inner(Vector256<float> x) => Level(x, beta) * Kernels.Functions.Sigmoid.Compute(x);

    private static Vector256<float> Level(Vector256<float> x, float limit) => Vector256.Create(limit) * Kernels.Functions.Tanh.Compute(x * Vector256.Create(1f / limit));
}
