using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>
/// The end of what <see cref="WordGemm"/> computes for one token, from the sums of rows that were not put side by side: they are exact, so that they may
/// have gone across lanes.
/// </summary>
internal static unsafe class WordDot
{
    /// <summary>Whether this processor has a form of it.</summary>
    public static bool IsSupported => Lanes.Narrow;

    /// <summary>output[16] += d·dy·sum, block after block: `sums` is (blocks, 16), `scales` d of 16 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(int* sums, int blocks, float* scales, byte* tile, float* output)
    {
        Vector256<float> c0 = Vector256.Load(output), c1 = Vector256.Load(output + 8);
        Vector256<float> d0 = Vector256.Load(scales), d1 = Vector256.Load(scales + 8);
        for (int b = 0; b < blocks; b++, sums += Lanes.Rows, tile += Int16Activations.BlockBytes)
        {
            Vector256<float> dy = Vector256.Create(*(float*)(tile + Int16Activations.ScaleOffset));
            c0 = Fma.MultiplyAdd(Avx.ConvertToVector256Single(Vector256.Load(sums)), d0 * dy, c0);
            c1 = Fma.MultiplyAdd(Avx.ConvertToVector256Single(Vector256.Load(sums + 8)), d1 * dy, c1);
        }
        c0.Store(output);
        c1.Store(output + 8);
    }
}
