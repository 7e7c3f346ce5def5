using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

// 256-bit: 8 rows at a time, the halves of a packed group one after the other.
internal readonly unsafe partial struct DigitGemm<T>
{
    public static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow<VnniProducts>(weights, blocks, tile, tokens, output);

    public static void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow<PairProducts>(weights, blocks, tile, tokens, output);

    /// <summary>256-bit.</summary>
    internal static void Narrow<TDot>(byte* weights, int blocks, byte* tile, int tokens, float* output) where TDot : struct, INarrowDot
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        for (int rows = 0; rows < 2; rows++)
        {
            if (tokens == 1)
            {
                Narrow1<TDot>(weights, blocks, tile, scales, rows, output + 8 * rows);
                continue;
            }
            Narrow4<TDot>(weights, blocks, tile, scales, rows, output + 8 * rows);
            if (tokens > 4)
                Narrow4<TDot>(weights, blocks, tile + 4 * 64, scales + 4, rows, output + 4 * Lanes.Rows + 8 * rows);
        }
    }

    private static void Narrow4<TDot>(byte* w, int blocks, byte* a, float* s, int rows, float* output) where TDot : struct, INarrowDot
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            if (rows == 0)
                Prefetch.Lines(w, BlockBytes / 64);
            Vector256<float> d = Halves.Load(w, rows);
            for (int half = 0; half < BlockElements / 16; half += 2, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                Vector256<int> s0 = Begin(s), s1 = Begin(s + 1), s2 = Begin(s + 2), s3 = Begin(s + 3);
                for (int i = 0; i < 2; i++)
                {
                    byte* p = a + 32 * i;
                    // Two words at a time: sixteen registers hold no more.
                    Load(w, rows, half + i, 0, out var e0, out var o0, out var e1, out var o1);
                    s0 = TDot.Add(s0, p, e0, o0, e1, o1);
                    s1 = TDot.Add(s1, p + 64, e0, o0, e1, o1);
                    s2 = TDot.Add(s2, p + 128, e0, o0, e1, o1);
                    s3 = TDot.Add(s3, p + 192, e0, o0, e1, o1);
                    Load(w, rows, half + i, 2, out e0, out o0, out e1, out o1);
                    s0 = TDot.Add(s0, p + 16, e0, o0, e1, o1);
                    s1 = TDot.Add(s1, p + 80, e0, o0, e1, o1);
                    s2 = TDot.Add(s2, p + 144, e0, o0, e1, o1);
                    s3 = TDot.Add(s3, p + 208, e0, o0, e1, o1);
                }
                c0 = Finish(c0, s0, s, d);
                c1 = Finish(c1, s1, s + 1, d);
                c2 = Finish(c2, s2, s + 2, d);
                c3 = Finish(c3, s3, s + 3, d);
            }
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Narrow1<TDot>(byte* w, int blocks, byte* a, float* s, int rows, float* output) where TDot : struct, INarrowDot
    {
        Vector256<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes)
        {
            if (rows == 0)
                Prefetch.Lines(w, BlockBytes / 64);
            Vector256<float> d = Halves.Load(w, rows);
            for (int half = 0; half < BlockElements / 16; half += 2, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
            {
                // Two sums, so that no product waits for the one before.
                Vector256<int> s0 = Begin(s), s1 = default;
                for (int i = 0; i < 2; i++)
                {
                    byte* p = a + 32 * i;
                    Load(w, rows, half + i, 0, out var e0, out var o0, out var e1, out var o1);
                    s0 = TDot.Add(s0, p, e0, o0, e1, o1);
                    Load(w, rows, half + i, 2, out e0, out o0, out e1, out o1);
                    s1 = TDot.Add(s1, p + 16, e0, o0, e1, o1);
                }
                c0 = Finish(c0, s0 + s1, s, d);
            }
        }
        c0.Store(output);
    }

    // What a sum begins with: the -1 of all weights.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Begin(float* s) => Vector256.Create(Int16Activations.Bias(s));

    // Words i and i + 1 of the four that weights 16·half to 16·half + 15 are in.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte* w, int rows, int half, int i,
        out Vector256<short> e0, out Vector256<short> o0, out Vector256<short> e1, out Vector256<short> o1)
    {
        int digit = T.Digit(half), step = T.OneWord(half) ? 0 : WordBytes, next = T.OneWord(half) ? 1 : 0;
        w += HeaderBytes + WordBytes * T.Word(half) + 32 * rows;
        Take(w + step * i, digit + next * i, out e0, out o0);
        Take(w + step * (i + 1), digit + next * (i + 1), out e1, out o1);
    }

    // That digit of the even and of the odd bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(byte* word, int digit, out Vector256<short> even, out Vector256<short> odd)
    {
        if (T.Base == 3)
        {
            Vector256<ushort> bytes = Vector256.Load((ushort*)word), power = Vector256.Create(PowerOf3(digit)), three = Vector256.Create((ushort)3);
            even = Avx2.MultiplyHigh(Vector256.ShiftLeft(bytes, 8) * power, three).AsInt16();
            odd = Avx2.MultiplyHigh((bytes & Vector256.Create((ushort)0xff00)) * power, three).AsInt16();
            return;
        }
        // Shifts by a vector take one instruction, those by a number that is no constant two.
        Vector256<uint> digits = Avx2.ShiftRightLogicalVariable(Vector256.Load((uint*)word), Vector256.Create((uint)(Bits * digit)));
        even = (digits & Vector256.Create(Mask)).AsInt16();
        odd = (Vector256.ShiftRightLogical(digits, 8) & Vector256.Create(Mask)).AsInt16();
        if (T.Base == 2)
        {
            even += even;
            odd += odd;
        }
    }
}
