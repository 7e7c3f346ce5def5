using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>SiLU: x / (1 + e^-x). (Elfwing et al., 2017)</summary>
internal readonly struct Silu : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Compute(Vector256<float> x) => x / (Vector256.Create(1f) + Exp.Compute(-x));
}
