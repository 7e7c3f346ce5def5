using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>Gated SiLU: y[i] = gate[i] / (1 + e^-gate[i]) · up[i]. (Shazeer, 2020)</summary>
internal static unsafe class SwiGlu
{
    /// <summary>`n` is a multiple of 8; output may be gate or up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compute(float* gate, float* up, int n, float* output)
    {
        for (int i = 0; i < n; i += 8)
        {
            Vector256<float> g = Vector256.Load(gate + i);
            Vector256<float> silu = g / (Vector256.Create(1f) + Exp.Compute(-g));
            (silu * Vector256.Load(up + i)).Store(output + i);
        }
    }
}
