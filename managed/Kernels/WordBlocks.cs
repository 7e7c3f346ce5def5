using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

/// <summary>A layout whose blocks have one or more groups of 32 weights of each row that become 16-bit integers, and a scale: see
/// <see cref="WordBlocks"/>.</summary>
internal unsafe interface IWordBlock : IGemm
{
    /// <summary>Lines of 64 bytes to ask for ahead, for each block.</summary>
    static abstract int LinesAhead { get; }

    /// <summary>The scale of each row.</summary>
    static abstract Vector512<float> Scales(byte* block);

    /// <summary>What is subtracted from all weights once they are loaded: 0 or 1.</summary>
    static virtual int Bias => 0;

    /// <summary>Weights 16·half to 16·half + 15, two of each row in a vector, in the order of <see cref="Int16Activations"/>.</summary>
    static abstract void Load(byte* block, int half,
        out Vector512<short> v0, out Vector512<short> v1, out Vector512<short> v2, out Vector512<short> v3,
        out Vector512<short> v4, out Vector512<short> v5, out Vector512<short> v6, out Vector512<short> v7);
}

/// <summary>The 512-bit product of such blocks with up to 8 tokens of 16-bit activations.</summary>
internal static unsafe class WordBlocks
{
    /// <summary>As <see cref="IGemm.Multiply"/>.</summary>
    public static void Multiply<TBlock>(byte* weights, int blocks, byte* tile, int tokens, float* output) where TBlock : unmanaged, IWordBlock
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        if (tokens > 4)
            Multiply8<TBlock>(weights, blocks, tile, scales, output);
        else if (tokens > 1)
            Multiply4<TBlock>(weights, blocks, tile, scales, output);
        else
            Multiply1<TBlock>(weights, blocks, tile, scales, output);
    }

    private static void Multiply8<TBlock>(byte* w, int blocks, byte* a, float* s, float* output) where TBlock : unmanaged, IWordBlock
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (; blocks > 0; blocks--, w += TBlock.BlockBytes)
        {
            Prefetch.Lines(w, TBlock.LinesAhead);
            Vector512<float> d = TBlock.Scales(w);
            for (int half = 0; half < TBlock.BlockElements / 16; half += 2, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                // Half a block at a time: 8 vectors of weights and 8 sums.
                TBlock.Load(w, half, out var v0, out var v1, out var v2, out var v3, out var v4, out var v5, out var v6, out var v7);
                Vector512<int> s0 = Begin<TBlock>(s) + Sum(a, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s1 = Begin<TBlock>(s + 1) + Sum(a + 64, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s2 = Begin<TBlock>(s + 2) + Sum(a + 128, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s3 = Begin<TBlock>(s + 3) + Sum(a + 192, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s4 = Begin<TBlock>(s + 4) + Sum(a + 256, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s5 = Begin<TBlock>(s + 5) + Sum(a + 320, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s6 = Begin<TBlock>(s + 6) + Sum(a + 384, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s7 = Begin<TBlock>(s + 7) + Sum(a + 448, v0, v1, v2, v3, v4, v5, v6, v7);
                TBlock.Load(w, half + 1, out v0, out v1, out v2, out v3, out v4, out v5, out v6, out v7);
                c0 = Finish(c0, s0 + Sum(a + 32, v0, v1, v2, v3, v4, v5, v6, v7), s, d);
                c1 = Finish(c1, s1 + Sum(a + 96, v0, v1, v2, v3, v4, v5, v6, v7), s + 1, d);
                c2 = Finish(c2, s2 + Sum(a + 160, v0, v1, v2, v3, v4, v5, v6, v7), s + 2, d);
                c3 = Finish(c3, s3 + Sum(a + 224, v0, v1, v2, v3, v4, v5, v6, v7), s + 3, d);
                c4 = Finish(c4, s4 + Sum(a + 288, v0, v1, v2, v3, v4, v5, v6, v7), s + 4, d);
                c5 = Finish(c5, s5 + Sum(a + 352, v0, v1, v2, v3, v4, v5, v6, v7), s + 5, d);
                c6 = Finish(c6, s6 + Sum(a + 416, v0, v1, v2, v3, v4, v5, v6, v7), s + 6, d);
                c7 = Finish(c7, s7 + Sum(a + 480, v0, v1, v2, v3, v4, v5, v6, v7), s + 7, d);
            }
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
        c4.Store(output + 64);
        c5.Store(output + 80);
        c6.Store(output + 96);
        c7.Store(output + 112);
    }

    private static void Multiply4<TBlock>(byte* w, int blocks, byte* a, float* s, float* output) where TBlock : unmanaged, IWordBlock
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += TBlock.BlockBytes)
        {
            Prefetch.Lines(w, TBlock.LinesAhead);
            Vector512<float> d = TBlock.Scales(w);
            for (int half = 0; half < TBlock.BlockElements / 16; half += 2, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                TBlock.Load(w, half, out var v0, out var v1, out var v2, out var v3, out var v4, out var v5, out var v6, out var v7);
                Vector512<int> s0 = Begin<TBlock>(s) + Sum(a, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s1 = Begin<TBlock>(s + 1) + Sum(a + 64, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s2 = Begin<TBlock>(s + 2) + Sum(a + 128, v0, v1, v2, v3, v4, v5, v6, v7);
                Vector512<int> s3 = Begin<TBlock>(s + 3) + Sum(a + 192, v0, v1, v2, v3, v4, v5, v6, v7);
                TBlock.Load(w, half + 1, out v0, out v1, out v2, out v3, out v4, out v5, out v6, out v7);
                c0 = Finish(c0, s0 + Sum(a + 32, v0, v1, v2, v3, v4, v5, v6, v7), s, d);
                c1 = Finish(c1, s1 + Sum(a + 96, v0, v1, v2, v3, v4, v5, v6, v7), s + 1, d);
                c2 = Finish(c2, s2 + Sum(a + 160, v0, v1, v2, v3, v4, v5, v6, v7), s + 2, d);
                c3 = Finish(c3, s3 + Sum(a + 224, v0, v1, v2, v3, v4, v5, v6, v7), s + 3, d);
            }
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Multiply1<TBlock>(byte* w, int blocks, byte* a, float* s, float* output) where TBlock : unmanaged, IWordBlock
    {
        Vector512<float> c0 = default;
        for (; blocks > 0; blocks--, w += TBlock.BlockBytes)
        {
            Prefetch.Lines(w, TBlock.LinesAhead);
            Vector512<float> d = TBlock.Scales(w);
            for (int half = 0; half < TBlock.BlockElements / 16; half += 2, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                TBlock.Load(w, half, out var v0, out var v1, out var v2, out var v3, out var v4, out var v5, out var v6, out var v7);
                Vector512<int> s0 = Begin<TBlock>(s) + Sum(a, v0, v1, v2, v3, v4, v5, v6, v7);
                TBlock.Load(w, half + 1, out v0, out v1, out v2, out v3, out v4, out v5, out v6, out v7);
                c0 = Finish(c0, s0 + Sum(a + 32, v0, v1, v2, v3, v4, v5, v6, v7), s, d);
            }
        }
        c0.Store(output);
    }

    // What a sum begins with.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Begin<TBlock>(float* s) where TBlock : unmanaged, IWordBlock =>
        TBlock.Bias == 0 ? default : Vector512.Create(Int16Activations.Bias(s));
}
