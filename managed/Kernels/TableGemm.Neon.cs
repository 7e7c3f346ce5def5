using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

// On ARM: four 4-row quarters of each 64-byte line; tbl looks 16 bytes up, and activations come in two bytes (see WideActivations).
// Of each 32 weights first 16, then the others.
internal readonly unsafe partial struct TableGemm<T>
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
        for (int half = 0; half < 2; half++)
        {
            if (tokens == 1)
            {
                Multiply1<TDot>(weights, blocks, tile, scales, half, output + 8 * half);
                continue;
            }
            Multiply4<TDot>(weights, blocks, tile, scales, half, output + 8 * half);
            if (tokens > 4)
                Multiply4<TDot>(weights, blocks, tile + 4 * 64, scales + 4, half, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    // 8 rows (first and last four) by 4 tokens.
    private static void Multiply4<TDot>(byte* w, int blocks, byte* a, float* s, int half, float* output) where TDot : struct, IDot
    {
        for (int t = 0; t < 4; t++)
            Vector256<float>.Zero.Store(output + 16 * t);
        Vector128<sbyte> table = Vector128.Create(T.Values);
        Vector128<byte> lowBytes = WideActivations.LowBytes, highBytes = WideActivations.HighBytes;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            for (int g = 0; g < Groups; g++, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                byte* first = w + T.HeaderBytes + 256 * g + 32 * half, last = first + 16;
                Vector128<int> i0 = default, i1 = default, i2 = default, i3 = default, j0 = default, j1 = default, j2 = default, j3 = default;
                Vector128<int> i = default, j = default;
                for (int part = 0; part < 2; part++)
                {
                    Load(first, part, table, out var v0, out var v1, out var v2, out var v3);
                    Load(last, part, table, out var u0, out var u1, out var u2, out var u3);
                    i = WideActivations.AddWeights<TDot>(i, v0, v1, v2, v3);
                    j = WideActivations.AddWeights<TDot>(j, u0, u1, u2, u3);
                    byte* x = a + 32 * part;
                    WideActivations.Split(x, lowBytes, highBytes, out var l, out var h);
                    i0 = WideActivations.Add<TDot>(i0, l, h, v0, v1, v2, v3);
                    j0 = WideActivations.Add<TDot>(j0, l, h, u0, u1, u2, u3);
                    WideActivations.Split(x + 64, lowBytes, highBytes, out l, out h);
                    i1 = WideActivations.Add<TDot>(i1, l, h, v0, v1, v2, v3);
                    j1 = WideActivations.Add<TDot>(j1, l, h, u0, u1, u2, u3);
                    WideActivations.Split(x + 128, lowBytes, highBytes, out l, out h);
                    i2 = WideActivations.Add<TDot>(i2, l, h, v0, v1, v2, v3);
                    j2 = WideActivations.Add<TDot>(j2, l, h, u0, u1, u2, u3);
                    WideActivations.Split(x + 192, lowBytes, highBytes, out l, out h);
                    i3 = WideActivations.Add<TDot>(i3, l, h, v0, v1, v2, v3);
                    j3 = WideActivations.Add<TDot>(j3, l, h, u0, u1, u2, u3);
                    if (!T.Sixteens && part == 0)
                        continue;
                    Vector256<float> d = T.Scale(w, T.Sixteens ? 2 * g + part : g, half);
                    i = Vector128.ShiftLeft(i, 7);
                    j = Vector128.ShiftLeft(j, 7);
                    WideActivations.Finish(output, i0 + i, j0 + j, d, s[0]);
                    WideActivations.Finish(output + 16, i1 + i, j1 + j, d, s[1]);
                    WideActivations.Finish(output + 32, i2 + i, j2 + j, d, s[2]);
                    WideActivations.Finish(output + 48, i3 + i, j3 + j, d, s[3]);
                    i = j = i0 = i1 = i2 = i3 = j0 = j1 = j2 = j3 = default;
                }
            }
        }
    }

    private static void Multiply1<TDot>(byte* w, int blocks, byte* a, float* s, int half, float* output) where TDot : struct, IDot
    {
        Vector256<float>.Zero.Store(output);
        Vector128<sbyte> table = Vector128.Create(T.Values);
        Vector128<byte> lowBytes = WideActivations.LowBytes, highBytes = WideActivations.HighBytes;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            for (int g = 0; g < Groups; g++, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                byte* first = w + T.HeaderBytes + 256 * g + 32 * half;
                Vector128<int> i = default, j = default;
                for (int part = 0; part < 2; part++)
                {
                    WideActivations.Split(a + 32 * part, lowBytes, highBytes, out var l, out var h);
                    Load(first, part, table, out var v0, out var v1, out var v2, out var v3);
                    i = WideActivations.Add<TDot>(i + Vector128.ShiftLeft(WideActivations.AddWeights<TDot>(default, v0, v1, v2, v3), 7), l, h, v0, v1, v2, v3);
                    Load(first + 16, part, table, out v0, out v1, out v2, out v3);
                    j = WideActivations.Add<TDot>(j + Vector128.ShiftLeft(WideActivations.AddWeights<TDot>(default, v0, v1, v2, v3), 7), l, h, v0, v1, v2, v3);
                    if (!T.Sixteens && part == 0)
                        continue;
                    WideActivations.Finish(output, i, j, T.Scale(w, T.Sixteens ? 2 * g + part : g, half), s[0]);
                    i = j = default;
                }
            }
        }
    }

    // 16 weights of four rows, in order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* q, int part, Vector128<sbyte> table,
        out Vector128<sbyte> v0, out Vector128<sbyte> v1, out Vector128<sbyte> v2, out Vector128<sbyte> v3)
    {
        Vector128<byte> low = Vector128.Create((byte)15);
        if (T.Sixteens)
        {
            Vector128<byte> q0 = Vector128.Load(q + 128 * part), q1 = Vector128.Load(q + 128 * part + 64);
            v0 = Value(table, q0 & low);
            v1 = Value(table, q1 & low);
            v2 = Value(table, Vector128.ShiftRightLogical(q0, 4));
            v3 = Value(table, Vector128.ShiftRightLogical(q1, 4));
        }
        else
        {
            // A shift to the left by a negative number goes to the right.
            Vector128<sbyte> shift = Vector128.Create((sbyte)(-4 * part));
            v0 = Value(table, AdvSimd.ShiftLogical(Vector128.Load(q), shift) & low);
            v1 = Value(table, AdvSimd.ShiftLogical(Vector128.Load(q + 64), shift) & low);
            v2 = Value(table, AdvSimd.ShiftLogical(Vector128.Load(q + 128), shift) & low);
            v3 = Value(table, AdvSimd.ShiftLogical(Vector128.Load(q + 192), shift) & low);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Value(Vector128<sbyte> table, Vector128<byte> nibbles) =>
        AdvSimd.Arm64.VectorTableLookup(table, nibbles.AsSByte());
}
