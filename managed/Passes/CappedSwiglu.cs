using System.Runtime.Intrinsics;

namespace Realm.Passes;

/// <summary>SwiGLU whose factors are kept within limits: min(silu(gate), limit) · clamp(up, ±limit). (Ling Team, 2026)</summary>
internal sealed unsafe class CappedSwiglu(float limit) : Activation
{
    public override void Apply(float* x, int n)
    {
        for (int i = 0; i < n; i += 8)
            Vector256.Min(Kernels.Functions.Silu.Compute(Vector256.Load(x + i)), Vector256.Create(limit)).Store(x + i);
    }

    public override void Gate(float* gate, float* up, int n)
    {
        Vector256<float> most = Vector256.Create(limit), least = Vector256.Create(-limit);
        for (int i = 0; i < n; i += 8)
        {
            Vector256<float> u = Vector256.Min(Vector256.Max(Vector256.Load(up + i), least), most);
            (Vector256.Min(Kernels.Functions.Silu.Compute(Vector256.Load(gate + i)), most) * u).Store(gate + i);
        }
    }
}
