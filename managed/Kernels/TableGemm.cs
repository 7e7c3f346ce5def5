using System.Runtime.CompilerServices;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>
/// Matrix product of 16 packed rows of 4-bit weights that are looked up in a table, with up to 8 tokens of 16-bit activations:
/// y = sum over groups of d·dy·(sum table[q]·a). The integer sum is exact and there is one fused multiply-add a group, in file order, so every way to
/// run it gives the same bits.
/// </summary>
/// <remarks>
/// The 512-bit form looks 16-bit numbers up (vpermw takes the low five bits of a word as index, so that a table that repeats after 16 needs no
/// mask), the 256-bit form bytes, which it widens. vpmaddwd adds two products in 32 bits, where 32 products stay below 2^28. Signed bytes times 8-bit
/// activations, two in 16 bits, would have to be widened as often, so the 16-bit activations cost nothing.
/// Activations: <see cref="Int16Activations"/>, of each four the even pair, then the odd pair.
/// </remarks>
internal readonly unsafe partial struct TableGemm<T> : IGemmForms where T : unmanaged, ITableTile
{
    private static int Groups
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.BlockElements / 32;
    }

    // Bytes from the activations of a vector's low nibbles to those of its high nibbles, and from those of vectors 0, 1 to those of 2, 3.
    private static int HighOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.Sixteens ? 16 : 32;
    }

    private static int NextOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.Sixteens ? 32 : 16;
    }

    public static ActivationLayout Layout => ActivationLayout.Int16;

    public static int BlockElements
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.BlockElements;
    }

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.HeaderBytes + 8 * T.BlockElements;
    }

    public static nint[]? Emitted => TableKernel<T>.Forms;

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output) => BestForm<TableGemm<T>>.Multiply(weights, blocks, tile, tokens, output);

    /// <summary>The same in plain loops.</summary>
    public static void Reference(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        for (int t = 0; t < tokens; t++)
        {
            for (int row = 0; row < Lanes.Rows; row++)
            {
                float c = 0;
                for (int i = 0; i < blocks * Groups; i++)
                {
                    byte* w = weights + (long)(i / Groups) * BlockBytes;
                    byte* q = w + T.HeaderBytes + 256 * (i % Groups) + 4 * row;
                    byte* a = tile + (long)i * Int16Activations.BlockBytes;
                    short* x = (short*)a + 32 * t;
                    float scale = ((float*)(a + Int16Activations.ScaleOffset))[t];
                    if (T.Sixteens)
                    {
                        c = MathF.FusedMultiplyAdd(ReferenceSum(q, x, 8), T.Scale1(w, i % Groups * 2, row) * scale, c);
                        c = MathF.FusedMultiplyAdd(ReferenceSum(q + 128, x + 16, 8), T.Scale1(w, i % Groups * 2 + 1, row) * scale, c);
                    }
                    else
                    {
                        c = MathF.FusedMultiplyAdd(ReferenceSum(q, x, 16), T.Scale1(w, i % Groups, row) * scale, c);
                    }
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }

    // `count` low nibbles, then as many high ones.
    private static int ReferenceSum(byte* q, short* x, int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            // Of four activations the first and third come first.
            int place = i / 4 * 4 + i % 2 * 2 + i % 4 / 2;
            int both = q[64 * (i / 4) + i % 4];
            sum += T.Values[both & 15] * x[place] + T.Values[both >> 4] * x[count + place];
        }
        return sum;
    }
}
