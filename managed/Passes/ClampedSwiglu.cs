using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Passes;

/// <summary>SwiGLU of numbers kept within limits: g = min(gate, limit), u = clamp(up, ±limit), g / (1 + e^(-steepness·g)) · (u +
/// shift).</summary>
/// <remarks>Steepness 1.702, limit 7, shift 1: gpt-oss (OpenAI, 2025). Steepness 1, shift 0: other clamped networks.</remarks>
internal sealed unsafe class ClampedSwiglu(float limit, float steepness, float shift) : Activation
{
    public override void Apply(float* x, int n)
    {
        for (int i = 0; i < n; i += 8)
            Inner(Vector256.Load(x + i)).Store(x + i);
    }

    public override void Gate(float* gate, float* up, int n)
    {
        Vector256<float> most = Vector256.Create(limit), least = Vector256.Create(-limit), more = Vector256.Create(shift);
        for (int i = 0; i < n; i += 8)
        {
            Vector256<float> u = Vector256.Min(Vector256.Max(Vector256.Load(up + i), least), most);
            (Inner(Vector256.Load(gate + i)) * (u + more)).Store(gate + i);
        }
    }

    private Vector256<float> Inner(Vector256<float> x)
    {
        Vector256<float> g = Vector256.Min(x, Vector256.Create(limit));
        return g / (Vector256.Create(1f) + Exp.Compute(g * Vector256.Create(-steepness)));
    }
}
