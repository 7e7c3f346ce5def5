using System.Runtime.CompilerServices;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>
/// Matrix product of 16 packed rows of weights that have a scale for each 16, in superblocks of 256, with up to 8 tokens of 8-bit
/// activations: y = sum over superblocks of d·dy·(sum over groups of scale·(sum (q - bias)·a)) - dmin·dy·(sum over groups of min·(sum a)).
/// The integer sums are exact and the multiply-adds a superblock come in file order, so every way to run it gives the same bits.
/// </summary>
/// <remarks>
/// vpmaddubsw adds two products in 16 bits, and four of them fit there with 6 bits (4·63·127 = 32004), all eight of a lane with fewer;
/// vpmaddwd then multiplies by the scale. The bias is taken off once a superblock, with the sums of the activations.
/// Activations: <see cref="SuperblockActivations"/>. The float sums stay in `output`: they are touched once in 256 weights, and the
/// registers are needed for integers.
/// </remarks>
internal readonly unsafe partial struct GroupGemm<T> : IGemmForms where T : unmanaged, IGroupTile
{
    // Lines to prefetch for a part of a block.
    private static int QuarterLines
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (BlockBytes / 4 + 63) / 64;
    }

    public static ActivationLayout Layout => ActivationLayout.Superblock;

    public static int BlockElements => 256;

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.BlockBytes;
    }

    public static nint[]? Emitted => GroupKernel<T>.Forms;

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output) => BestForm<GroupGemm<T>>.Multiply(weights, blocks, tile, tokens, output);

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
                    byte* a = tile + (long)b * SuperblockActivations.BlockBytes;
                    sbyte* x = (sbyte*)a + 256 * t;
                    short* sums = (short*)(a + SuperblockActivations.Sum16Offset) + 16 * t;
                    int sum = 0, minimum = 0;
                    for (int g = 0; g < 16; g++)
                    {
                        int part = 0;
                        for (int i = 0; i < 16; i++)
                            part += (T.Quant1(w, row, 16 * g + i) - T.Bias) * x[16 * g + i];
                        (int scale, int min) = T.Group1(w, row, g);
                        sum += scale * part;
                        minimum += min * sums[g];
                    }
                    (float d, float dmin) = T.Scale1(w, row);
                    float dy = ((float*)(a + SuperblockActivations.ScaleOffset))[t];
                    c = MathF.FusedMultiplyAdd(sum, d * dy, c);
                    if (T.HasMinimums)
                        c = MathF.FusedMultiplyAdd(minimum, -(dmin * dy), c);
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
