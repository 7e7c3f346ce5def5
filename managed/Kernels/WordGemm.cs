using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using static Realm.Kernels.WordProducts;

namespace Realm.Kernels;

/// <summary>
/// Matrix product of 16 rows of 16-bit weights with up to 8 tokens of 16-bit activations: y = sum over blocks of 32 of d·dy·(sum w·a). It is for
/// formats without kernels of their own, whose weights all are small integers times one scale. The integer sum is exact and there is one fused multiply-add
/// a block, in order, so every way to run it gives the same bits.
/// </summary>
/// <remarks>
/// A block is 16 scales in single precision, then 16 vectors of which lane r holds two weights of row r, in the order of
/// <see cref="Int16Activations"/>. Magnitudes of weights go up to <see cref="Largest"/>, so that 32 products stay below 2^31.
/// </remarks>
internal readonly unsafe struct WordGemm : IGemmForms, IWordBlock
{
    /// <summary>The largest magnitude of a weight.</summary>
    public const int Largest = 2047;

    /// <summary>Bytes of the scales.</summary>
    public const int HeaderBytes = Lanes.Rows * sizeof(float);

    // Bytes of two weights of 16 rows.
    private const int Pair = 64;

    public static ActivationLayout Layout => ActivationLayout.Int16;

    public static int BlockElements => 32;

    public static int BlockBytes => HeaderBytes + 16 * Pair;

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output) => BestForm<WordGemm>.Multiply(weights, blocks, tile, tokens, output);

    /// <summary>512-bit.</summary>
    public static void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output) =>
        WordBlocks.Multiply<WordGemm>(weights, blocks, tile, tokens, output);

    public static void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output) => Narrow(weights, blocks, tile, tokens, output);

    /// <summary>256-bit.</summary>
    public static void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        for (int half = 0; half < 2; half++)
        {
            byte* w = weights + 32 * half;
            if (tokens == 1)
            {
                Narrow1(w, blocks, tile, scales, output + 8 * half);
                continue;
            }
            Narrow4(w, blocks, tile, scales, output + 8 * half);
            if (tokens > 4)
                Narrow4(w, blocks, tile + 4 * 64, scales + 4, output + 4 * Lanes.Rows + 8 * half);
        }
    }

    // They have just been unpacked.
    static int IWordBlock.LinesAhead => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> IWordBlock.Scales(byte* block) => Vector512.Load((float*)block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IWordBlock.Load(byte* block, int half,
        out Vector512<short> v0, out Vector512<short> v1, out Vector512<short> v2, out Vector512<short> v3,
        out Vector512<short> v4, out Vector512<short> v5, out Vector512<short> v6, out Vector512<short> v7)
    {
        short* q = (short*)(block + HeaderBytes + 8 * Pair * half);
        v0 = Vector512.Load(q);
        v1 = Vector512.Load(q + 32);
        v2 = Vector512.Load(q + 64);
        v3 = Vector512.Load(q + 96);
        v4 = Vector512.Load(q + 128);
        v5 = Vector512.Load(q + 160);
        v6 = Vector512.Load(q + 192);
        v7 = Vector512.Load(q + 224);
    }

    private static void Narrow4(byte* w, int blocks, byte* a, float* s, float* output)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
            // Four vectors at a time: sixteen registers hold no more.
            for (int i = 0; i < 16; i += 4)
            {
                byte* q = w + HeaderBytes + Pair * i;
                Vector256<short> v0 = Vector256.Load((short*)q), v1 = Vector256.Load((short*)(q + Pair));
                Vector256<short> v2 = Vector256.Load((short*)(q + 2 * Pair)), v3 = Vector256.Load((short*)(q + 3 * Pair));
                byte* p = a + 4 * i;
                s0 = Add(s0, p, v0, v1, v2, v3);
                s1 = Add(s1, p + 64, v0, v1, v2, v3);
                s2 = Add(s2, p + 128, v0, v1, v2, v3);
                s3 = Add(s3, p + 192, v0, v1, v2, v3);
            }
            Vector256<float> d = Vector256.Load((float*)w);
            c0 = Finish(c0, s0, s, d);
            c1 = Finish(c1, s1, s + 1, d);
            c2 = Finish(c2, s2, s + 2, d);
            c3 = Finish(c3, s3, s + 3, d);
        }
        c0.Store(output);
        c1.Store(output + 16);
        c2.Store(output + 32);
        c3.Store(output + 48);
    }

    private static void Narrow1(byte* w, int blocks, byte* a, float* s, float* output)
    {
        Vector256<float> c0 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            Vector256<int> sum = default;
            for (int i = 0; i < 16; i += 4)
            {
                byte* q = w + HeaderBytes + Pair * i;
                sum = Add(sum, a + 4 * i, Vector256.Load((short*)q), Vector256.Load((short*)(q + Pair)),
                    Vector256.Load((short*)(q + 2 * Pair)), Vector256.Load((short*)(q + 3 * Pair)));
            }
            c0 = Finish(c0, sum, s, Vector256.Load((float*)w));
        }
        c0.Store(output);
    }

    /// <summary>128-bit, ARM: four rows and two tokens at a time.</summary>
    public static void Neon(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        float* scales = (float*)(tile + Int16Activations.ScaleOffset);
        for (int rows = 0; rows < Lanes.Rows; rows += 4)
        {
            for (int t = 0; t < tokens; t += 2)
                Multiply2(weights + 4 * rows, blocks, tile + 64 * t, scales + t, output + Lanes.Rows * t + rows);
        }
    }

    private static void Multiply2(byte* w, int blocks, byte* a, float* s, float* output)
    {
        Vector128<float> c0 = default, c1 = default;
        for (; blocks > 0; blocks--, w += BlockBytes, a += Int16Activations.BlockBytes, s += Int16Activations.BlockBytes / 4)
        {
            Vector128<int> low0 = default, high0 = default, low1 = default, high1 = default;
            for (int i = 0; i < 16; i++)
            {
                Vector128<short> v = Vector128.Load((short*)(w + HeaderBytes + Pair * i));
                Vector128<short> x0 = Vector128.Create(*(int*)(a + 4 * i)).AsInt16(), x1 = Vector128.Create(*(int*)(a + 64 + 4 * i)).AsInt16();
                low0 = AdvSimd.MultiplyWideningLowerAndAdd(low0, v.GetLower(), x0.GetLower());
                high0 = AdvSimd.MultiplyWideningUpperAndAdd(high0, v, x0);
                low1 = AdvSimd.MultiplyWideningLowerAndAdd(low1, v.GetLower(), x1.GetLower());
                high1 = AdvSimd.MultiplyWideningUpperAndAdd(high1, v, x1);
            }
            Vector128<float> d = Vector128.Load((float*)w);
            c0 = AdvSimd.FusedMultiplyAdd(c0, AdvSimd.ConvertToSingle(AdvSimd.Arm64.AddPairwise(low0, high0)), d * Vector128.Create(s[0]));
            c1 = AdvSimd.FusedMultiplyAdd(c1, AdvSimd.ConvertToSingle(AdvSimd.Arm64.AddPairwise(low1, high1)), d * Vector128.Create(s[1]));
        }
        c0.Store(output);
        c1.Store(output + Lanes.Rows);
    }

    /// <summary>The same in plain loops.</summary>
    public static void Reference(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        for (int t = 0; t < tokens; t++)
        {
            for (int row = 0; row < Lanes.Rows; row++)
            {
                float c = 0;
                for (int b = 0; b < blocks; b++)
                {
                    byte* w = weights + (long)b * BlockBytes;
                    byte* a = tile + (long)b * Int16Activations.BlockBytes;
                    short* x = (short*)a + 32 * t;
                    int sum = 0;
                    for (int i = 0; i < 32; i++)
                        sum += ((short*)(w + HeaderBytes + Pair * (i / 2)))[2 * row + i % 2] * x[i];
                    float scale = ((float*)(a + Int16Activations.ScaleOffset))[t];
                    c = MathF.FusedMultiplyAdd(sum, ((float*)w)[row] * scale, c);
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
