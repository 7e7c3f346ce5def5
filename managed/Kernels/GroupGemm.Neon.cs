using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

// On ARM: 8 rows at a time, as two vectors. The bias is taken off the weights, which are signed then: with it off the sums, as in the other forms,
// the integers are the same.
internal readonly unsafe partial struct GroupGemm<T>
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
        for (int half = 0; half < 2; half++)
        {
            if (tokens > 4)
                Multiply8<TDot>(weights, blocks, tile, half, output + 8 * half);
            else if (tokens > 1)
                Multiply4<TDot>(weights, blocks, tile, half, output + 8 * half);
            else
                Multiply1<TDot>(weights, blocks, tile, half, output + 8 * half);
        }
    }

    private static void Multiply8<TDot>(byte* w, int blocks, byte* tile, int half, float* output) where TDot : struct, IDot
    {
        for (int t = 0; t < 8; t++)
            Vector256<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector128<int> i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
            Vector128<int> j0 = default, j1 = default, j2 = default, j3 = default, j4 = default, j5 = default, j6 = default, j7 = default;
            for (int part = 0; part < 4; part++)
            {
                sbyte* a = (sbyte*)tile + 128 * (part / 2) + 16 * (part % 2);
                for (int j = 0; j < 4; j++, a += 32)
                {
                    Load(w, half, part, j, out var scale, out var scaleLast, out var v0, out var u0, out var v1, out var u1, out var v2, out var u2, out var v3, out var u3);
                    Vector128<sbyte> x = Vector128.Load(a);
                    i0 = AdvSimd.MultiplyAdd(i0, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j0 = AdvSimd.MultiplyAdd(j0, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 256);
                    i1 = AdvSimd.MultiplyAdd(i1, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j1 = AdvSimd.MultiplyAdd(j1, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 512);
                    i2 = AdvSimd.MultiplyAdd(i2, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j2 = AdvSimd.MultiplyAdd(j2, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 768);
                    i3 = AdvSimd.MultiplyAdd(i3, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j3 = AdvSimd.MultiplyAdd(j3, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 1024);
                    i4 = AdvSimd.MultiplyAdd(i4, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j4 = AdvSimd.MultiplyAdd(j4, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 1280);
                    i5 = AdvSimd.MultiplyAdd(i5, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j5 = AdvSimd.MultiplyAdd(j5, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 1536);
                    i6 = AdvSimd.MultiplyAdd(i6, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j6 = AdvSimd.MultiplyAdd(j6, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 1792);
                    i7 = AdvSimd.MultiplyAdd(i7, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j7 = AdvSimd.MultiplyAdd(j7, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                }
            }
            Finish(w, tile, half, 0, i0, j0, output);
            Finish(w, tile, half, 1, i1, j1, output);
            Finish(w, tile, half, 2, i2, j2, output);
            Finish(w, tile, half, 3, i3, j3, output);
            Finish(w, tile, half, 4, i4, j4, output);
            Finish(w, tile, half, 5, i5, j5, output);
            Finish(w, tile, half, 6, i6, j6, output);
            Finish(w, tile, half, 7, i7, j7, output);
        }
    }

    private static void Multiply4<TDot>(byte* w, int blocks, byte* tile, int half, float* output) where TDot : struct, IDot
    {
        for (int t = 0; t < 4; t++)
            Vector256<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector128<int> i0 = default, i1 = default, i2 = default, i3 = default, j0 = default, j1 = default, j2 = default, j3 = default;
            for (int part = 0; part < 4; part++)
            {
                sbyte* a = (sbyte*)tile + 128 * (part / 2) + 16 * (part % 2);
                for (int j = 0; j < 4; j++, a += 32)
                {
                    Load(w, half, part, j, out var scale, out var scaleLast, out var v0, out var u0, out var v1, out var u1, out var v2, out var u2, out var v3, out var u3);
                    Vector128<sbyte> x = Vector128.Load(a);
                    i0 = AdvSimd.MultiplyAdd(i0, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j0 = AdvSimd.MultiplyAdd(j0, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 256);
                    i1 = AdvSimd.MultiplyAdd(i1, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j1 = AdvSimd.MultiplyAdd(j1, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 512);
                    i2 = AdvSimd.MultiplyAdd(i2, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j2 = AdvSimd.MultiplyAdd(j2, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 768);
                    i3 = AdvSimd.MultiplyAdd(i3, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j3 = AdvSimd.MultiplyAdd(j3, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                }
            }
            Finish(w, tile, half, 0, i0, j0, output);
            Finish(w, tile, half, 1, i1, j1, output);
            Finish(w, tile, half, 2, i2, j2, output);
            Finish(w, tile, half, 3, i3, j3, output);
        }
    }

    private static void Multiply1<TDot>(byte* w, int blocks, byte* tile, int half, float* output) where TDot : struct, IDot
    {
        Vector256<float>.Zero.Store(output);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector128<int> i = default, k = default;
            for (int part = 0; part < 4; part++)
            {
                sbyte* a = (sbyte*)tile + 128 * (part / 2) + 16 * (part % 2);
                for (int j = 0; j < 4; j++, a += 32)
                {
                    Load(w, half, part, j, out var scale, out var scaleLast, out var v0, out var u0, out var v1, out var u1, out var v2, out var u2, out var v3, out var u3);
                    Vector128<sbyte> x = Vector128.Load(a);
                    i = AdvSimd.MultiplyAdd(i, Four<TDot>(x, v0, v1, v2, v3), scale);
                    k = AdvSimd.MultiplyAdd(k, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                }
            }
            Finish(w, tile, half, 0, i, k, output);
        }
    }

    // Scales and weights of a group: v of the first four rows, u of the last.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int half, int part, int j, out Vector128<int> scale, out Vector128<int> scaleLast,
        out Vector128<sbyte> v0, out Vector128<sbyte> u0, out Vector128<sbyte> v1, out Vector128<sbyte> u1,
        out Vector128<sbyte> v2, out Vector128<sbyte> u2, out Vector128<sbyte> v3, out Vector128<sbyte> u3)
    {
        Vector256<byte> scales = T.Scales(w, half, part / 2, j / 2);
        int b = part % 2 + j % 2 * 2;
        scale = Byte(scales.GetLower(), b);
        scaleLast = Byte(scales.GetUpper(), b);
        Signed(T.Quants(w, half, part, j, 0), out v0, out u0);
        Signed(T.Quants(w, half, part, j, 1), out v1, out u1);
        Signed(T.Quants(w, half, part, j, 2), out v2, out u2);
        Signed(T.Quants(w, half, part, j, 3), out v3, out u3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Signed(Vector256<byte> quants, out Vector128<sbyte> first, out Vector128<sbyte> last)
    {
        first = quants.GetLower().AsSByte();
        last = quants.GetUpper().AsSByte();
        if (T.Bias != 0)
        {
            first -= Vector128.Create((sbyte)T.Bias);
            last -= Vector128.Create((sbyte)T.Bias);
        }
    }

    // Byte b of each lane, signed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Byte(Vector128<byte> lanes, int b) =>
        Vector128.ShiftRightArithmetic(AdvSimd.ShiftLogical(lanes.AsInt32(), Vector128.Create(24 - 8 * b)), 24);

    // 16 weights of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four<TDot>(Vector128<sbyte> x,
        Vector128<sbyte> v0, Vector128<sbyte> v1, Vector128<sbyte> v2, Vector128<sbyte> v3) where TDot : struct, IDot =>
        TDot.Add(TDot.Add(TDot.Add(TDot.Add(default, v0, x, 0), v1, x, 1), v2, x, 2), v3, x, 3);

    // What is done once a superblock and token, for 8 rows.
    private static void Finish(byte* w, byte* tile, int half, int t, Vector128<int> first, Vector128<int> last, float* output)
    {
        output += 16 * t;
        Vector128<float> scale = Vector128.Create(((float*)(tile + SuperblockActivations.ScaleOffset))[t]);
        Vector256<float> d = T.Scale(w, half);
        Vector128<float> c = AdvSimd.FusedMultiplyAdd(Vector128.Load(output), AdvSimd.ConvertToSingle(first), d.GetLower() * scale);
        Vector128<float> e = AdvSimd.FusedMultiplyAdd(Vector128.Load(output + 4), AdvSimd.ConvertToSingle(last), d.GetUpper() * scale);
        if (T.HasMinimums)
        {
            short* sums = (short*)(tile + SuperblockActivations.Sum16Offset) + 16 * t;
            Vector128<int> m = default, n = default;
            for (int k = 0; k < 4; k++, sums += 4)
            {
                Vector256<byte> minimums = T.Minimums(w, half, k / 2, k % 2);
                m = Minimum(m, minimums.GetLower(), sums);
                n = Minimum(n, minimums.GetUpper(), sums);
            }
            d = T.MinimumScale(w, half);
            c = AdvSimd.FusedMultiplySubtract(c, AdvSimd.ConvertToSingle(m), d.GetLower() * scale);
            e = AdvSimd.FusedMultiplySubtract(e, AdvSimd.ConvertToSingle(n), d.GetUpper() * scale);
        }
        c.Store(output);
        e.Store(output + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Minimum(Vector128<int> sum, Vector128<byte> minimums, short* sums)
    {
        sum = AdvSimd.MultiplyAdd(sum, Byte(minimums, 0), Vector128.Create((int)sums[0]));
        sum = AdvSimd.MultiplyAdd(sum, Byte(minimums, 1), Vector128.Create((int)sums[1]));
        sum = AdvSimd.MultiplyAdd(sum, Byte(minimums, 2), Vector128.Create((int)sums[2]));
        return AdvSimd.MultiplyAdd(sum, Byte(minimums, 3), Vector128.Create((int)sums[3]));
    }
}
