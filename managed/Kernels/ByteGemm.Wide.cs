using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

// 512-bit: 16 rows at a time.
internal readonly unsafe partial struct ByteGemm<T> : IWordBlock
{
    /// <summary>512-bit.</summary>
    public static void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output) =>
        WordBlocks.Multiply<ByteGemm<T>>(weights, blocks, tile, tokens, output);

    static int IWordBlock.LinesAhead
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (BlockBytes + 63) / 64;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> IWordBlock.Scales(byte* block) => T.Scale(block);

    // Even and odd bytes of four vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IWordBlock.Load(byte* block, int half,
        out Vector512<short> e0, out Vector512<short> o0, out Vector512<short> e1, out Vector512<short> o1,
        out Vector512<short> e2, out Vector512<short> o2, out Vector512<short> e3, out Vector512<short> o3)
    {
        short* q = (short*)(block + T.HeaderBytes + 256 * half);
        Vector512<short> v0 = Vector512.Load(q), v1 = Vector512.Load(q + 32), v2 = Vector512.Load(q + 64), v3 = Vector512.Load(q + 96);
        e0 = Even(v0);
        o0 = Odd(v0);
        e1 = Even(v1);
        o1 = Odd(v1);
        e2 = Even(v2);
        o2 = Odd(v2);
        e3 = Even(v3);
        o3 = Odd(v3);
    }
}
