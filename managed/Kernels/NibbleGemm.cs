using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>How a format with 32 weights a block, each of 4 or 5 unsigned bits, lies in a packed group of 16 rows:
/// a header of scales, for 5 bits a plane of 64 bytes with the high bits, then four times 64 bytes of nibbles.</summary>
internal unsafe interface INibbleTile
{
    /// <summary>Bytes of the scales of 16 rows.</summary>
    static abstract int HeaderBytes { get; }

    /// <summary>Whether a plane of fifth bits follows the header.</summary>
    static abstract bool FifthBit { get; }

    /// <summary>The scale d of each row.</summary>
    static abstract Vector512<float> Scale(byte* block);

    /// <summary>The offset m of each row: a weight is d·q + m.</summary>
    static abstract Vector512<float> Offset(byte* block, Vector512<float> scale);

    /// <summary>The scale of 8 rows; half 0 or 1.</summary>
    static abstract Vector256<float> Scale(byte* block, int half);

    /// <summary>The offset of 8 rows.</summary>
    static abstract Vector256<float> Offset(byte* block, int half, Vector256<float> scale);

    /// <summary>Scale and offset of one row.</summary>
    static abstract (float Scale, float Offset) ScaleAndOffset(byte* block, int row);
}

/// <summary>
/// Matrix product of 16 packed rows of 4- or 5-bit weights with up to 8 tokens of 8-bit activations:
/// y = sum over blocks of d·dy·(sum q·a) + m·(dy·sum a). The integer sum is exact and the two multiply-adds a block come in
/// file order, so every way to run it gives the same bits.
/// </summary>
/// <remarks>
/// Lane r of vector j holds the bytes of weights 4j..4j+3 of row r: low nibbles are k = 4j.., high nibbles k = 16+4j..
/// vpmaddubsw adds two products in 16 bits; a chain of four of them holds at most 8·31·127 = 31496, so it can't saturate.
/// Activations: <see cref="Int8Activations"/>, blocks of 32.
/// </remarks>
internal readonly unsafe partial struct NibbleGemm<T> : IGemmForms where T : unmanaged, INibbleTile
{
    private static int QuantOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.HeaderBytes + (T.FifthBit ? 64 : 0);
    }

    public static ActivationLayout Layout => ActivationLayout.Int8;

    public static int BlockElements => 32;

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => QuantOffset + 256;
    }

    public static nint[]? Emitted => NibbleKernel<T>.Forms;

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output) => BestForm<NibbleGemm<T>>.Multiply(weights, blocks, tile, tokens, output);

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
                    byte* a = tile + (long)b * Int8Activations.BlockBytes;
                    sbyte* x = (sbyte*)a + 32 * t;
                    float* scale = (float*)(a + Int8Activations.ScaleOffset) + t;
                    int sum = 0;
                    for (int i = 0; i < 32; i++)
                    {
                        int j = i % 16 / 4, lane = 4 * row + i % 4;
                        int q = w[QuantOffset + 64 * j + lane] >> (i < 16 ? 0 : 4) & 15;
                        if (T.FifthBit)
                            q |= (w[T.HeaderBytes + lane] >> (j + (i < 16 ? 0 : 4)) & 1) << 4;
                        sum += q * x[i];
                    }
                    (float d, float m) = T.ScaleAndOffset(w, row);
                    c = MathF.FusedMultiplyAdd(sum, d * *scale, c);
                    c = MathF.FusedMultiplyAdd(m, scale[Lanes.Tokens], c);
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
