using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

// 256-bit: 8 rows at a time, the halves of a packed group one after the other.
internal readonly unsafe partial struct NibbleGemm<T>
{
    public static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow<VnniProducts>(weights, blocks, tile, tokens, output);

    public static void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow<PairProducts>(weights, blocks, tile, tokens, output);

    /// <summary>256-bit. A single token waits for memory, so it has the same form on all processors.</summary>
    internal static void Narrow<TDot>(byte* weights, int blocks, byte* tile, int tokens, float* output) where TDot : struct, INarrowDot
    {
        float* scales = (float*)(tile + Int8Activations.ScaleOffset);
        for (int half = 0; half < 2; half++)
        {
            if (tokens == 1)
            {
                Narrow1(weights, blocks, tile, scales, half, output + 8 * half);
                continue;
            }
            Narrow4<TDot>(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Narrow4<TDot>(weights, blocks, tile + 4 * 32, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    private static void Narrow4<TDot>(byte* w, int blocks, byte* a, float* s, int half, float* output) where TDot : struct, INarrowDot
    {
        Vector256<int> one = TDot.Scale(Vector256.Create((short)1));
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            if (half == 0)
                Prefetch.Lines(w, (BlockBytes + 63) / 64);
            // Low and high nibbles of two vectors at a time: sixteen registers hold no more.
            Load(w, half, 0, out var l0, out var h0);
            Load(w, half, 1, out var l1, out var h1);
            Vector256<int> s0 = TDot.Add(default, a, 0, 16, one, l0, l1, h0, h1);
            Vector256<int> s1 = TDot.Add(default, a, 32, 48, one, l0, l1, h0, h1);
            Vector256<int> s2 = TDot.Add(default, a, 64, 80, one, l0, l1, h0, h1);
            Vector256<int> s3 = TDot.Add(default, a, 96, 112, one, l0, l1, h0, h1);
            Load(w, half, 2, out l0, out h0);
            Load(w, half, 3, out l1, out h1);
            s0 = TDot.Add(s0, a, 8, 24, one, l0, l1, h0, h1);
            s1 = TDot.Add(s1, a, 40, 56, one, l0, l1, h0, h1);
            s2 = TDot.Add(s2, a, 72, 88, one, l0, l1, h0, h1);
            s3 = TDot.Add(s3, a, 104, 120, one, l0, l1, h0, h1);
            Vector256<float> d = T.Scale(w, half);
            Vector256<float> m = T.Offset(w, half, d);
            c0 = Finish(c0, s0, s, d, m);
            c1 = Finish(c1, s1, s + 1, d, m);
            c2 = Finish(c2, s2, s + 2, d, m);
            c3 = Finish(c3, s3, s + 3, d, m);
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Narrow1(byte* w, int blocks, byte* a, float* s, int half, float* output)
    {
        Vector256<int> one = PairProducts.Scale(Vector256.Create((short)1));
        Vector256<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            if (half == 0)
                Prefetch.Lines(w, (BlockBytes + 63) / 64);
            Load(w, half, 0, out var l0, out var h0);
            Load(w, half, 1, out var l1, out var h1);
            Vector256<int> s0 = PairProducts.Add(default, a, 0, 16, one, l0, l1, h0, h1);
            Load(w, half, 2, out var l2, out var h2);
            Load(w, half, 3, out var l3, out var h3);
            s0 = PairProducts.Add(s0, a, 8, 24, one, l2, l3, h2, h3);
            Vector256<float> d = T.Scale(w, half);
            c0 = Finish(c0, s0, s, d, T.Offset(w, half, d));
        }
        c0.Store(output);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int half, int j, out Vector256<byte> l, out Vector256<byte> h)
    {
        Vector256<byte> low = Vector256.Create((byte)15);
        Vector256<byte> v = Vector256.Load(w + QuantOffset + 64 * j + 32 * half);
        l = v & low;
        h = Vector256.ShiftRightLogical(v.AsUInt16(), 4).AsByte() & low;
        if (T.FifthBit)
        {
            Vector256<ushort> plane = Vector256.Load(w + T.HeaderBytes + 32 * half).AsUInt16();
            Vector256<byte> fifth = Vector256.Create((byte)16);
            l |= Vector256.ShiftLeft(plane, 4 - j).AsByte() & fifth;
            h |= Vector256.ShiftRightLogical(plane, j).AsByte() & fifth;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Finish(Vector256<float> c, Vector256<int> sum, float* s, Vector256<float> d, Vector256<float> m)
    {
        c = Fma.MultiplyAdd(Avx.ConvertToVector256Single(sum), d * Vector256.Create(*s), c);
        return Fma.MultiplyAdd(Vector256.Create(s[Lanes.Tokens]), m, c);
    }
}
