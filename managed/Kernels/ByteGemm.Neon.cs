using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

// On ARM: four 4-row quarters of each 64-byte line, activations in two bytes (see WideActivations).
internal readonly unsafe partial struct ByteGemm<T>
{
    /// <summary>128-bit, ARM.</summary>
    public static void Neon(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (Lanes.Dot)
            Neon<DotProducts>(weights, blocks, tile, tokens, output);
        else
            Neon<WideningProducts>(weights, blocks, tile, tokens, output);
    }

    /// <inheritdoc cref="Neon(byte*, int, byte*, int, float*)"/>
    internal static void Neon<TDot>(byte* weights, int blocks, byte* tile, int tokens, float* output) where TDot : struct, IDot
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        if (tokens == 1)
        {
            Multiply1<TDot>(weights, blocks, tile, scales, output);
            return;
        }
        for (int half = 0; half < 2; half++)
        {
            Multiply4<TDot>(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Multiply4<TDot>(weights, blocks, tile + 4 * 64, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    // 8 rows (first and last four) by 4 tokens. The float sums stay in `output`: with them there would be too few registers.
    private static void Multiply4<TDot>(byte* w, int blocks, byte* a, float* s, int half, float* output) where TDot : struct, IDot
    {
        for (int t = 0; t < 4; t++)
            Vector256<float>.Zero.Store(output + 16 * t);
        Vector128<byte> lowBytes = WideActivations.LowBytes, highBytes = WideActivations.HighBytes;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            sbyte* first = (sbyte*)w + T.HeaderBytes + 32 * half, last = first + 16;
            Load(first, out var v0, out var v1, out var v2, out var v3);
            Load(last, out var u0, out var u1, out var u2, out var u3);
            Vector128<int> i = WideActivations.AddWeights<TDot>(default, v0, v1, v2, v3), j = WideActivations.AddWeights<TDot>(default, u0, u1, u2, u3);
            first += 256;
            last += 256;
            Load(first, out var y0, out var y1, out var y2, out var y3);
            i = Vector128.ShiftLeft(WideActivations.AddWeights<TDot>(i, y0, y1, y2, y3), 7);
            Load(last, out y0, out y1, out y2, out y3);
            j = Vector128.ShiftLeft(WideActivations.AddWeights<TDot>(j, y0, y1, y2, y3), 7);

            WideActivations.Split(a, lowBytes, highBytes, out var l, out var h);
            Vector128<int> i0 = WideActivations.Add<TDot>(i, l, h, v0, v1, v2, v3), j0 = WideActivations.Add<TDot>(j, l, h, u0, u1, u2, u3);
            WideActivations.Split(a + 64, lowBytes, highBytes, out l, out h);
            Vector128<int> i1 = WideActivations.Add<TDot>(i, l, h, v0, v1, v2, v3), j1 = WideActivations.Add<TDot>(j, l, h, u0, u1, u2, u3);
            WideActivations.Split(a + 128, lowBytes, highBytes, out l, out h);
            Vector128<int> i2 = WideActivations.Add<TDot>(i, l, h, v0, v1, v2, v3), j2 = WideActivations.Add<TDot>(j, l, h, u0, u1, u2, u3);
            WideActivations.Split(a + 192, lowBytes, highBytes, out l, out h);
            Vector128<int> i3 = WideActivations.Add<TDot>(i, l, h, v0, v1, v2, v3), j3 = WideActivations.Add<TDot>(j, l, h, u0, u1, u2, u3);
            Load(first, out v0, out v1, out v2, out v3);
            Load(last, out u0, out u1, out u2, out u3);
            WideActivations.Split(a + 32, lowBytes, highBytes, out l, out h);
            i0 = WideActivations.Add<TDot>(i0, l, h, v0, v1, v2, v3);
            j0 = WideActivations.Add<TDot>(j0, l, h, u0, u1, u2, u3);
            WideActivations.Split(a + 96, lowBytes, highBytes, out l, out h);
            i1 = WideActivations.Add<TDot>(i1, l, h, v0, v1, v2, v3);
            j1 = WideActivations.Add<TDot>(j1, l, h, u0, u1, u2, u3);
            WideActivations.Split(a + 160, lowBytes, highBytes, out l, out h);
            i2 = WideActivations.Add<TDot>(i2, l, h, v0, v1, v2, v3);
            j2 = WideActivations.Add<TDot>(j2, l, h, u0, u1, u2, u3);
            WideActivations.Split(a + 224, lowBytes, highBytes, out l, out h);
            i3 = WideActivations.Add<TDot>(i3, l, h, v0, v1, v2, v3);
            j3 = WideActivations.Add<TDot>(j3, l, h, u0, u1, u2, u3);

            Vector256<float> d = T.Scale(w, half);
            WideActivations.Finish(output, i0, j0, d, s[0]);
            WideActivations.Finish(output + 16, i1, j1, d, s[1]);
            WideActivations.Finish(output + 32, i2, j2, d, s[2]);
            WideActivations.Finish(output + 48, i3, j3, d, s[3]);
        }
    }

    // All 16 rows by one token: each line of weights is read once.
    private static void Multiply1<TDot>(byte* w, int blocks, byte* a, float* s, float* output) where TDot : struct, IDot
    {
        Vector128<float> c0 = default, c1 = default, c2 = default, c3 = default;
        Vector128<byte> lowBytes = WideActivations.LowBytes, highBytes = WideActivations.HighBytes;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            WideActivations.Split(a, lowBytes, highBytes, out var l0, out var h0);
            WideActivations.Split(a + 32, lowBytes, highBytes, out var l1, out var h1);
            sbyte* q = (sbyte*)w + T.HeaderBytes;
            Vector128<int> i0 = Rows<TDot>(q, l0, h0, l1, h1), i1 = Rows<TDot>(q + 16, l0, h0, l1, h1);
            Vector128<int> i2 = Rows<TDot>(q + 32, l0, h0, l1, h1), i3 = Rows<TDot>(q + 48, l0, h0, l1, h1);
            Vector128<float> scale = Vector128.Create(*s);
            Vector256<float> d = T.Scale(w, 0);
            c0 = AdvSimd.FusedMultiplyAdd(c0, AdvSimd.ConvertToSingle(i0), d.GetLower() * scale);
            c1 = AdvSimd.FusedMultiplyAdd(c1, AdvSimd.ConvertToSingle(i1), d.GetUpper() * scale);
            d = T.Scale(w, 1);
            c2 = AdvSimd.FusedMultiplyAdd(c2, AdvSimd.ConvertToSingle(i2), d.GetLower() * scale);
            c3 = AdvSimd.FusedMultiplyAdd(c3, AdvSimd.ConvertToSingle(i3), d.GetUpper() * scale);
        }
        c0.Store(output);
        c1.Store(output + 4);
        c2.Store(output + 8);
        c3.Store(output + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Rows<TDot>(sbyte* q, Vector128<sbyte> l0, Vector128<sbyte> h0, Vector128<sbyte> l1, Vector128<sbyte> h1) where TDot : struct, IDot
    {
        Load(q, out var v0, out var v1, out var v2, out var v3);
        Load(q + 256, out var u0, out var u1, out var u2, out var u3);
        Vector128<int> sum = WideActivations.AddWeights<TDot>(WideActivations.AddWeights<TDot>(default, v0, v1, v2, v3), u0, u1, u2, u3);
        sum = WideActivations.Dot<TDot>(Vector128.ShiftLeft(sum, 7), l0, v0, v1, v2, v3);
        sum = WideActivations.Dot<TDot>(sum, l1, u0, u1, u2, u3);
        Vector128<int> high = WideActivations.Dot<TDot>(WideActivations.Dot<TDot>(default, h0, v0, v1, v2, v3), h1, u0, u1, u2, u3);
        return sum + Vector128.ShiftLeft(high, 8);
    }

    // 16 weights of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(sbyte* q, out Vector128<sbyte> v0, out Vector128<sbyte> v1, out Vector128<sbyte> v2, out Vector128<sbyte> v3)
    {
        v0 = Vector128.Load(q);
        v1 = Vector128.Load(q + 64);
        v2 = Vector128.Load(q + 128);
        v3 = Vector128.Load(q + 192);
    }
}
