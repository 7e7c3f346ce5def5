using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

// On ARM: four 4-row quarters of each 64-byte line. q has at most 5 bits, so its bytes are the same signed and unsigned.
internal readonly unsafe partial struct NibbleGemm<T>
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
        float* scales = (float*)(tile + Int8Activations.ScaleOffset);
        if (tokens == 1)
        {
            Multiply1<TDot>(weights, blocks, tile, scales, output);
            return;
        }
        for (int half = 0; half < 2; half++)
        {
            Multiply4<TDot>(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Multiply4<TDot>(weights, blocks, tile + 4 * 32, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    // 8 rows (first and last four) by 4 tokens: 8 vectors of weights and 16 of sums.
    private static void Multiply4<TDot>(byte* w, int blocks, byte* a, float* s, int half, float* output) where TDot : struct, IDot
    {
        Vector128<float> c0 = default, c1 = default, c2 = default, c3 = default, e0 = default, e1 = default, e2 = default, e3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            byte* first = w + 32 * half, last = first + 16;
            Low(first, out var v0, out var v1, out var v2, out var v3);
            Low(last, out var u0, out var u1, out var u2, out var u3);
            Vector128<sbyte> x = Vector128.Load((sbyte*)a);
            Vector128<int> i0 = Add<TDot>(default, x, v0, v1, v2, v3), j0 = Add<TDot>(default, x, u0, u1, u2, u3);
            x = Vector128.Load((sbyte*)a + 32);
            Vector128<int> i1 = Add<TDot>(default, x, v0, v1, v2, v3), j1 = Add<TDot>(default, x, u0, u1, u2, u3);
            x = Vector128.Load((sbyte*)a + 64);
            Vector128<int> i2 = Add<TDot>(default, x, v0, v1, v2, v3), j2 = Add<TDot>(default, x, u0, u1, u2, u3);
            x = Vector128.Load((sbyte*)a + 96);
            Vector128<int> i3 = Add<TDot>(default, x, v0, v1, v2, v3), j3 = Add<TDot>(default, x, u0, u1, u2, u3);
            High(first, out v0, out v1, out v2, out v3);
            High(last, out u0, out u1, out u2, out u3);
            x = Vector128.Load((sbyte*)a + 16);
            i0 = Add<TDot>(i0, x, v0, v1, v2, v3);
            j0 = Add<TDot>(j0, x, u0, u1, u2, u3);
            x = Vector128.Load((sbyte*)a + 48);
            i1 = Add<TDot>(i1, x, v0, v1, v2, v3);
            j1 = Add<TDot>(j1, x, u0, u1, u2, u3);
            x = Vector128.Load((sbyte*)a + 80);
            i2 = Add<TDot>(i2, x, v0, v1, v2, v3);
            j2 = Add<TDot>(j2, x, u0, u1, u2, u3);
            x = Vector128.Load((sbyte*)a + 112);
            i3 = Add<TDot>(i3, x, v0, v1, v2, v3);
            j3 = Add<TDot>(j3, x, u0, u1, u2, u3);

            Vector256<float> d = T.Scale(w, half), m = T.Offset(w, half, d);
            Vector128<float> scales = Vector128.Load(s), sums = Vector128.Load(s + Lanes.Tokens), dl = d.GetLower(), ml = m.GetLower();
            c0 = Finish(c0, i0, AdvSimd.MultiplyBySelectedScalar(dl, scales, 0), AdvSimd.DuplicateSelectedScalarToVector128(sums, 0), ml);
            c1 = Finish(c1, i1, AdvSimd.MultiplyBySelectedScalar(dl, scales, 1), AdvSimd.DuplicateSelectedScalarToVector128(sums, 1), ml);
            c2 = Finish(c2, i2, AdvSimd.MultiplyBySelectedScalar(dl, scales, 2), AdvSimd.DuplicateSelectedScalarToVector128(sums, 2), ml);
            c3 = Finish(c3, i3, AdvSimd.MultiplyBySelectedScalar(dl, scales, 3), AdvSimd.DuplicateSelectedScalarToVector128(sums, 3), ml);
            Vector128<float> du = d.GetUpper(), mu = m.GetUpper();
            e0 = Finish(e0, j0, AdvSimd.MultiplyBySelectedScalar(du, scales, 0), AdvSimd.DuplicateSelectedScalarToVector128(sums, 0), mu);
            e1 = Finish(e1, j1, AdvSimd.MultiplyBySelectedScalar(du, scales, 1), AdvSimd.DuplicateSelectedScalarToVector128(sums, 1), mu);
            e2 = Finish(e2, j2, AdvSimd.MultiplyBySelectedScalar(du, scales, 2), AdvSimd.DuplicateSelectedScalarToVector128(sums, 2), mu);
            e3 = Finish(e3, j3, AdvSimd.MultiplyBySelectedScalar(du, scales, 3), AdvSimd.DuplicateSelectedScalarToVector128(sums, 3), mu);
        }
        c0.Store(output);
        e0.Store(output + 4);
        c1.Store(output + 16);
        e1.Store(output + 20);
        c2.Store(output + 32);
        e2.Store(output + 36);
        c3.Store(output + 48);
        e3.Store(output + 52);
    }

    // All 16 rows by one token: each line of weights is read once.
    private static void Multiply1<TDot>(byte* w, int blocks, byte* a, float* s, float* output) where TDot : struct, IDot
    {
        Vector128<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int8Activations.BlockBytes, s += Int8Activations.BlockBytes / 4)
        {
            Vector128<sbyte> x = Vector128.Load((sbyte*)a), y = Vector128.Load((sbyte*)a + 16);
            Vector128<int> i0 = Rows<TDot>(w, x, y), i1 = Rows<TDot>(w + 16, x, y), i2 = Rows<TDot>(w + 32, x, y), i3 = Rows<TDot>(w + 48, x, y);
            Vector128<float> scale = Vector128.Create(*s), sum = Vector128.Create(s[Lanes.Tokens]);
            Vector256<float> d = T.Scale(w, 0), m = T.Offset(w, 0, d);
            c0 = Finish(c0, i0, d.GetLower() * scale, sum, m.GetLower());
            c1 = Finish(c1, i1, d.GetUpper() * scale, sum, m.GetUpper());
            d = T.Scale(w, 1);
            m = T.Offset(w, 1, d);
            c2 = Finish(c2, i2, d.GetLower() * scale, sum, m.GetLower());
            c3 = Finish(c3, i3, d.GetUpper() * scale, sum, m.GetUpper());
        }
        c0.Store(output);
        c1.Store(output + 4);
        c2.Store(output + 8);
        c3.Store(output + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Rows<TDot>(byte* w, Vector128<sbyte> x, Vector128<sbyte> y) where TDot : struct, IDot
    {
        Low(w, out var v0, out var v1, out var v2, out var v3);
        Vector128<int> sum = Add<TDot>(default, x, v0, v1, v2, v3);
        High(w, out v0, out v1, out v2, out v3);
        return Add<TDot>(sum, y, v0, v1, v2, v3);
    }

    // Four rows (w points at their place in the lines), weights 0 to 15.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Low(byte* w, out Vector128<sbyte> v0, out Vector128<sbyte> v1, out Vector128<sbyte> v2, out Vector128<sbyte> v3)
    {
        byte* q = w + QuantOffset;
        Vector128<byte> low = Vector128.Create((byte)15);
        Vector128<byte> q0 = Vector128.Load(q) & low, q1 = Vector128.Load(q + 64) & low, q2 = Vector128.Load(q + 128) & low, q3 = Vector128.Load(q + 192) & low;
        if (T.FifthBit)
        {
            Vector128<byte> plane = Vector128.Load(w + T.HeaderBytes), fifth = Vector128.Create((byte)16);
            q0 |= Vector128.ShiftLeft(plane, 4) & fifth;
            q1 |= Vector128.ShiftLeft(plane, 3) & fifth;
            q2 |= Vector128.ShiftLeft(plane, 2) & fifth;
            q3 |= Vector128.ShiftLeft(plane, 1) & fifth;
        }
        v0 = q0.AsSByte();
        v1 = q1.AsSByte();
        v2 = q2.AsSByte();
        v3 = q3.AsSByte();
    }

    // Weights 16 to 31.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void High(byte* w, out Vector128<sbyte> v0, out Vector128<sbyte> v1, out Vector128<sbyte> v2, out Vector128<sbyte> v3)
    {
        byte* q = w + QuantOffset;
        Vector128<byte> q0 = Vector128.ShiftRightLogical(Vector128.Load(q), 4), q1 = Vector128.ShiftRightLogical(Vector128.Load(q + 64), 4);
        Vector128<byte> q2 = Vector128.ShiftRightLogical(Vector128.Load(q + 128), 4), q3 = Vector128.ShiftRightLogical(Vector128.Load(q + 192), 4);
        if (T.FifthBit)
        {
            Vector128<byte> plane = Vector128.Load(w + T.HeaderBytes), fifth = Vector128.Create((byte)16);
            q0 |= plane & fifth;
            q1 |= Vector128.ShiftRightLogical(plane, 1) & fifth;
            q2 |= Vector128.ShiftRightLogical(plane, 2) & fifth;
            q3 |= Vector128.ShiftRightLogical(plane, 3) & fifth;
        }
        v0 = q0.AsSByte();
        v1 = q1.AsSByte();
        v2 = q2.AsSByte();
        v3 = q3.AsSByte();
    }

    // 16 weights of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Add<TDot>(Vector128<int> sum, Vector128<sbyte> x,
        Vector128<sbyte> v0, Vector128<sbyte> v1, Vector128<sbyte> v2, Vector128<sbyte> v3) where TDot : struct, IDot =>
        TDot.Add(TDot.Add(TDot.Add(TDot.Add(sum, v0, x, 0), v1, x, 1), v2, x, 2), v3, x, 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Finish(Vector128<float> c, Vector128<int> sum, Vector128<float> scale, Vector128<float> activations, Vector128<float> m)
    {
        c = AdvSimd.FusedMultiplyAdd(c, AdvSimd.ConvertToSingle(sum), scale);
        return AdvSimd.FusedMultiplyAdd(c, m, activations);
    }
}
