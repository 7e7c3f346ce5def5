using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Realm.Kernels;

// On ARM: four 4-row quarters of each 64-byte word. q has at most 5 bits, so its bytes are the same signed and unsigned.
internal readonly unsafe partial struct SuperblockGemm<T>
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
        if (tokens == 1)
        {
            Multiply1<TDot>(weights, blocks, tile, output);
            return;
        }
        for (int half = 0; half < 2; half++)
        {
            Multiply4<TDot>(weights + 32 * half, blocks, tile, 0, output + 8 * half);
            if (tokens > 4)
                Multiply4<TDot>(weights + 32 * half, blocks, tile, 4, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    // 8 rows (first and last four) by four tokens from `token` on.
    private static void Multiply4<TDot>(byte* w, int blocks, byte* tile, int token, float* output) where TDot : struct, IDot
    {
        for (int t = 0; t < 4; t++)
            Vector256<float>.Zero.Store(output + 16 * t);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector128<int> i0 = default, i1 = default, i2 = default, i3 = default, j0 = default, j1 = default, j2 = default, j3 = default;
            sbyte* a = (sbyte*)tile + 256 * token;
            for (int sub = 0; sub < 8; sub++, a += 32)
            {
                Vector128<int> scale = Scale4(w, sub), scaleLast = Scale4(w + 16, sub);
                for (int i = 0; i < 8; i += 4)
                {
                    Load4(w, sub, i, out var v0, out var v1, out var v2, out var v3);
                    Load4(w + 16, sub, i, out var u0, out var u1, out var u2, out var u3);
                    Vector128<sbyte> x = Vector128.Load(a + 4 * i);
                    i0 = AdvSimd.MultiplyAdd(i0, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j0 = AdvSimd.MultiplyAdd(j0, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 4 * i + 256);
                    i1 = AdvSimd.MultiplyAdd(i1, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j1 = AdvSimd.MultiplyAdd(j1, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 4 * i + 512);
                    i2 = AdvSimd.MultiplyAdd(i2, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j2 = AdvSimd.MultiplyAdd(j2, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                    x = Vector128.Load(a + 4 * i + 768);
                    i3 = AdvSimd.MultiplyAdd(i3, Four<TDot>(x, v0, v1, v2, v3), scale);
                    j3 = AdvSimd.MultiplyAdd(j3, Four<TDot>(x, u0, u1, u2, u3), scaleLast);
                }
            }
            float* s = (float*)(tile + SuperblockActivations.ScaleOffset) + token;
            short* sums = (short*)(tile + SuperblockActivations.Sum32Offset) + 8 * token;
            for (int quarter = 0; quarter < 2; quarter++, i0 = j0, i1 = j1, i2 = j2, i3 = j3)
            {
                Minimums(w + 16 * quarter, out var m0, out var m1, out var m2, out var m3, out var m4, out var m5, out var m6, out var m7);
                Vector128<float> d = Halves.LoadFirst(w + 16 * quarter, 0).GetLower(), dmin = Halves.LoadSecond(w + 16 * quarter, 0).GetLower();
                float* o = output + 4 * quarter;
                Finish(o, i0, s[0], d, dmin, Minimum(sums, m0, m1, m2, m3, m4, m5, m6, m7));
                Finish(o + 16, i1, s[1], d, dmin, Minimum(sums + 8, m0, m1, m2, m3, m4, m5, m6, m7));
                Finish(o + 32, i2, s[2], d, dmin, Minimum(sums + 16, m0, m1, m2, m3, m4, m5, m6, m7));
                Finish(o + 48, i3, s[3], d, dmin, Minimum(sums + 24, m0, m1, m2, m3, m4, m5, m6, m7));
            }
        }
    }

    // All 16 rows by one token: each line of weights is read once.
    private static void Multiply1<TDot>(byte* w, int blocks, byte* tile, float* output) where TDot : struct, IDot
    {
        for (int quarter = 0; quarter < 4; quarter++)
            Vector128<float>.Zero.Store(output + 4 * quarter);
        for (; blocks > 0; blocks--, w += BlockBytes, tile += SuperblockActivations.BlockBytes)
        {
            Vector128<int> i0 = default, i1 = default, i2 = default, i3 = default;
            sbyte* a = (sbyte*)tile;
            for (int j = 0; j < 4; j++, a += 64)
            {
                i0 = AddPair<TDot>(i0, w, j, a);
                i1 = AddPair<TDot>(i1, w + 16, j, a);
                i2 = AddPair<TDot>(i2, w + 32, j, a);
                i3 = AddPair<TDot>(i3, w + 48, j, a);
            }
            float s = *(float*)(tile + SuperblockActivations.ScaleOffset);
            short* sums = (short*)(tile + SuperblockActivations.Sum32Offset);
            for (int quarter = 0; quarter < 4; quarter++, i0 = i1, i1 = i2, i2 = i3)
            {
                byte* p = w + 16 * quarter;
                Minimums(p, out var m0, out var m1, out var m2, out var m3, out var m4, out var m5, out var m6, out var m7);
                Finish(output + 4 * quarter, i0, s, Halves.LoadFirst(p, 0).GetLower(), Halves.LoadSecond(p, 0).GetLower(), Minimum(sums, m0, m1, m2, m3, m4, m5, m6, m7));
            }
        }
    }

    // Sub-blocks 2j and 2j + 1 of four rows: the low and the high nibbles of the same words.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddPair<TDot>(Vector128<int> sum, byte* w, int j, sbyte* a) where TDot : struct, IDot
    {
        Vector128<sbyte> bit = Vector128.Create((sbyte)(4 - 2 * j)), nextBit = Vector128.Create((sbyte)(3 - 2 * j));
        Vector128<int> low = default, high = default;
        AddWords<TDot>(w + QuantOffset + 8 * Word * j, w + FifthOffset, bit, nextBit, a, ref low, ref high);
        AddWords<TDot>(w + QuantOffset + 8 * Word * j + 4 * Word, w + FifthOffset + 4 * Word, bit, nextBit, a + 16, ref low, ref high);
        return AdvSimd.MultiplyAdd(AdvSimd.MultiplyAdd(sum, low, Scale4(w, 2 * j)), high, Scale4(w, 2 * j + 1));
    }

    // Four words; the activations of the high nibbles are 32 on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWords<TDot>(byte* q, byte* fifth, Vector128<sbyte> bit, Vector128<sbyte> nextBit, sbyte* a,
        ref Vector128<int> low, ref Vector128<int> high) where TDot : struct, IDot
    {
        Vector128<sbyte> x = Vector128.Load(a), y = Vector128.Load(a + 32);
        Vector128<byte> q0 = Vector128.Load(q), q1 = Vector128.Load(q + Word), q2 = Vector128.Load(q + 2 * Word), q3 = Vector128.Load(q + 3 * Word);
        low = TDot.Add(low, WithFifth(q0 & Vector128.Create((byte)15), fifth, bit), x, 0);
        high = TDot.Add(high, WithFifth(Vector128.ShiftRightLogical(q0, 4), fifth, nextBit), y, 0);
        low = TDot.Add(low, WithFifth(q1 & Vector128.Create((byte)15), fifth + Word, bit), x, 1);
        high = TDot.Add(high, WithFifth(Vector128.ShiftRightLogical(q1, 4), fifth + Word, nextBit), y, 1);
        low = TDot.Add(low, WithFifth(q2 & Vector128.Create((byte)15), fifth + 2 * Word, bit), x, 2);
        high = TDot.Add(high, WithFifth(Vector128.ShiftRightLogical(q2, 4), fifth + 2 * Word, nextBit), y, 2);
        low = TDot.Add(low, WithFifth(q3 & Vector128.Create((byte)15), fifth + 3 * Word, bit), x, 3);
        high = TDot.Add(high, WithFifth(Vector128.ShiftRightLogical(q3, 4), fifth + 3 * Word, nextBit), y, 3);
    }

    // Vectors i to i + 3 of the weights of a sub-block, four rows (w points at their place in the words).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load4(byte* w, int sub, int i, out Vector128<sbyte> v0, out Vector128<sbyte> v1, out Vector128<sbyte> v2, out Vector128<sbyte> v3)
    {
        byte* q = w + QuantOffset + Word * (8 * (sub / 2) + i);
        byte* fifth = w + FifthOffset + Word * i;
        // Shifts to the left by a negative number go to the right.
        Vector128<sbyte> nibble = Vector128.Create((sbyte)(sub % 2 * -4)), bit = Vector128.Create((sbyte)(4 - sub));
        v0 = Load(q, fifth, nibble, bit);
        v1 = Load(q + Word, fifth + Word, nibble, bit);
        v2 = Load(q + 2 * Word, fifth + 2 * Word, nibble, bit);
        v3 = Load(q + 3 * Word, fifth + 3 * Word, nibble, bit);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Load(byte* q, byte* fifth, Vector128<sbyte> nibble, Vector128<sbyte> bit)
    {
        Vector128<byte> four = AdvSimd.ShiftLogical(Vector128.Load(q), nibble) & Vector128.Create((byte)15);
        return WithFifth(four, fifth, bit);
    }

    // Nibbles with their fifth bits, which a shift to the left by `bit` brings to their place.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> WithFifth(Vector128<byte> four, byte* fifth, Vector128<sbyte> bit) =>
        (T.FifthBit ? four | (AdvSimd.ShiftLogical(Vector128.Load(fifth), bit) & Vector128.Create((byte)16)) : four).AsSByte();

    // 16 weights of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four<TDot>(Vector128<sbyte> x,
        Vector128<sbyte> v0, Vector128<sbyte> v1, Vector128<sbyte> v2, Vector128<sbyte> v3) where TDot : struct, IDot =>
        TDot.Add(TDot.Add(TDot.Add(TDot.Add(default, v0, x, 0), v1, x, 1), v2, x, 2), v3, x, 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Scale4(byte* w, int sub)
    {
        Vector128<uint> w1 = Vector128.Load((uint*)(w + Word)), w3 = Vector128.Load((uint*)(w + 3 * Word));
        return Six(w1, w3, sub);
    }

    // Number `sub` of eight 6-bit numbers: the first four are the low bits of the bytes of `first`, of the others four bits are in `rest` and two above
    // the first four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Six(Vector128<uint> first, Vector128<uint> rest, int sub)
    {
        Vector128<uint> number = sub < 4
            ? first & Vector128.Create(0x3f3f3f3fu)
            : (rest & Vector128.Create(0x0f0f0f0fu)) | (Vector128.ShiftRightLogical(first, 2) & Vector128.Create(0x30303030u));
        return (AdvSimd.ShiftLogical(number, Vector128.Create(sub % 4 * -8)) & Vector128.Create(0xffu)).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Minimums(byte* w, out Vector128<int> m0, out Vector128<int> m1, out Vector128<int> m2, out Vector128<int> m3,
        out Vector128<int> m4, out Vector128<int> m5, out Vector128<int> m6, out Vector128<int> m7)
    {
        Vector128<uint> w2 = Vector128.Load((uint*)(w + 2 * Word)), w3 = Vector128.ShiftRightLogical(Vector128.Load((uint*)(w + 3 * Word)), 4);
        m0 = Six(w2, w3, 0);
        m1 = Six(w2, w3, 1);
        m2 = Six(w2, w3, 2);
        m3 = Six(w2, w3, 3);
        m4 = Six(w2, w3, 4);
        m5 = Six(w2, w3, 5);
        m6 = Six(w2, w3, 6);
        m7 = Six(w2, w3, 7);
    }

    // Sum over the sub-blocks of minimum times the sum of the activations.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Minimum(short* sums, Vector128<int> m0, Vector128<int> m1, Vector128<int> m2, Vector128<int> m3,
        Vector128<int> m4, Vector128<int> m5, Vector128<int> m6, Vector128<int> m7)
    {
        Vector128<short> both = Vector128.Load(sums);
        Vector128<int> first = Vector128.WidenLower(both), second = Vector128.WidenUpper(both);
        Vector128<int> sum = AdvSimd.MultiplyBySelectedScalar(m0, first, 0);
        sum = AdvSimd.MultiplyAddBySelectedScalar(sum, m1, first, 1);
        sum = AdvSimd.MultiplyAddBySelectedScalar(sum, m2, first, 2);
        sum = AdvSimd.MultiplyAddBySelectedScalar(sum, m3, first, 3);
        sum = AdvSimd.MultiplyAddBySelectedScalar(sum, m4, second, 0);
        sum = AdvSimd.MultiplyAddBySelectedScalar(sum, m5, second, 1);
        sum = AdvSimd.MultiplyAddBySelectedScalar(sum, m6, second, 2);
        return AdvSimd.MultiplyAddBySelectedScalar(sum, m7, second, 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* output, Vector128<int> sum, float s, Vector128<float> d, Vector128<float> dmin, Vector128<int> minimum)
    {
        Vector128<float> scale = Vector128.Create(s);
        Vector128<float> c = AdvSimd.FusedMultiplyAdd(Vector128.Load(output), AdvSimd.ConvertToSingle(sum), d * scale);
        AdvSimd.FusedMultiplySubtract(c, AdvSimd.ConvertToSingle(minimum), dmin * scale).Store(output);
    }
}
