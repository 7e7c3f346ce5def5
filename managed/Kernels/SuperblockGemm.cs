using System.Runtime.CompilerServices;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>A format with 256 weights a block in 8 sub-blocks of 32, whose 32-bit words lie transposed in a packed group of 16 rows:
/// (d, dmin), three words of 6-bit scales and minimums, for 5 bits eight words with the high bits, then 32 words of nibbles.</summary>
internal interface ISuperblockTile
{
    /// <summary>Whether words with fifth bits follow the scales.</summary>
    static abstract bool FifthBit { get; }
}

/// <summary>
/// Matrix product of 16 packed rows of 4- or 5-bit weights in superblocks with up to 8 tokens of 8-bit activations:
/// y = sum over superblocks of d·dy·(sum over sub-blocks of scale·(sum q·a)) - dmin·dy·(sum over sub-blocks of min·(sum a)).
/// The integer sums are exact and the two multiply-adds a superblock come in file order, so every way to run it gives the same bits.
/// </summary>
/// <remarks>
/// The 8 words j of nibbles hold in their low nibbles sub-block 2j and in their high nibbles sub-block 2j + 1.
/// vpmaddubsw adds two products in 16 bits; a chain of eight holds at most 16·15·127 = 30480 with 4 bits, of four 8·31·127 = 31496
/// with 5 bits. vpmaddwd then multiplies by the scale. Activations: <see cref="SuperblockActivations"/>.
/// The float sums stay in `output`: they are touched once in 256 weights, and the registers are needed for integers.
/// </remarks>
internal readonly unsafe partial struct SuperblockGemm<T> : IGemmForms where T : unmanaged, ISuperblockTile
{
    // One word of 16 rows.
    private const int Word = 64;

    private const int FifthOffset = 4 * Word;

    private static int QuantOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => FifthOffset + (T.FifthBit ? 8 * Word : 0);
    }

    // Lines to prefetch for a quarter and an eighth of a block.
    private static int QuarterLines
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (BlockBytes / 4 + 63) / 64;
    }

    private static int EighthLines
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (BlockBytes / 8 + 63) / 64;
    }

    public static ActivationLayout Layout => ActivationLayout.Superblock;

    public static int BlockElements => 256;

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => QuantOffset + 32 * Word;
    }

    public static nint[]? Emitted => SuperblockKernel<T>.Forms;

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output) => BestForm<SuperblockGemm<T>>.Multiply(weights, blocks, tile, tokens, output);

    /// <summary>The same in plain loops.</summary>
    public static void Reference(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        byte* scales = stackalloc byte[12];
        for (int t = 0; t < tokens; t++)
        {
            for (int row = 0; row < Lanes.Rows; row++)
            {
                float c = 0;
                for (int b = 0; b < blocks; b++)
                {
                    byte* w = weights + (long)b * BlockBytes + 4 * row;
                    byte* a = tile + (long)b * SuperblockActivations.BlockBytes;
                    sbyte* x = (sbyte*)a + 256 * t;
                    short* sums = (short*)(a + SuperblockActivations.Sum32Offset) + 8 * t;
                    for (int i = 0; i < 12; i++)
                        scales[i] = w[Word * (1 + i / 4) + i % 4];
                    int sum = 0, minimum = 0;
                    for (int j = 0; j < 8; j++)
                    {
                        int part = 0;
                        for (int i = 0; i < 32; i++)
                        {
                            int q = w[QuantOffset + Word * (8 * (j / 2) + i / 4) + i % 4] >> j % 2 * 4 & 15;
                            if (T.FifthBit)
                                q |= (w[FifthOffset + Word * (i / 4) + i % 4] >> j & 1) << 4;
                            part += q * x[32 * j + i];
                        }
                        int scale = j < 4 ? scales[j] & 63 : scales[j + 4] & 15 | scales[j - 4] >> 6 << 4;
                        int min = j < 4 ? scales[j + 4] & 63 : scales[j + 4] >> 4 | scales[j] >> 6 << 4;
                        sum += scale * part;
                        minimum += min * sums[j];
                    }
                    (float d, float dmin) = Halves.LoadPair(w, 0);
                    float dy = ((float*)(a + SuperblockActivations.ScaleOffset))[t];
                    c = MathF.FusedMultiplyAdd(sum, d * dy, c);
                    c = MathF.FusedMultiplyAdd(minimum, -(dmin * dy), c);
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
