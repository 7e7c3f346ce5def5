using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>How a format with 32 signed 8-bit weights a block lies in a packed group of 16 rows: a header of scales, then eight
/// times 64 bytes, four consecutive weights of each row.</summary>
internal unsafe interface IByteTile
{
    /// <summary>Bytes of the scales of 16 rows.</summary>
    static abstract int HeaderBytes { get; }

    /// <summary>The scale d of each row.</summary>
    static abstract Vector512<float> Scale(byte* block);

    /// <summary>The scale of 8 rows; half 0 or 1.</summary>
    static abstract Vector256<float> Scale(byte* block, int half);

    /// <summary>The scale of one row.</summary>
    static abstract float Scale1(byte* block, int row);
}

/// <summary>
/// Matrix product of 16 packed rows of 8-bit weights with up to 8 tokens of 16-bit activations: y = sum over blocks of d·dy·(sum q·a).
/// The integer sum is exact and there is one fused multiply-add a block, in file order, so every way to run it gives the same bits.
/// </summary>
/// <remarks>
/// The weights are widened to 16 bits: shifts take the even and the odd bytes of a vector apart, and vpmaddwd adds two products in 32 bits,
/// where a block of 32 stays below 2^28. Activations: <see cref="Int16Activations"/>, which have the same even and odd order.
/// </remarks>
internal readonly unsafe partial struct ByteGemm<T> : IGemmForms where T : unmanaged, IByteTile
{
    public static ActivationLayout Layout => ActivationLayout.Int16;

    public static int BlockElements => 32;

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.HeaderBytes + 512;
    }

    public static nint[]? Emitted => ByteKernel<T>.Forms;

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output) => BestForm<ByteGemm<T>>.Multiply(weights, blocks, tile, tokens, output);

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
                    {
                        // Of four activations the first and third come first.
                        int place = i / 4 * 4 + i % 2 * 2 + i % 4 / 2;
                        sum += ((sbyte*)w)[T.HeaderBytes + 64 * (i / 4) + 4 * row + i % 4] * x[place];
                    }
                    float scale = ((float*)(a + Int16Activations.ScaleOffset))[t];
                    c = MathF.FusedMultiplyAdd(sum, T.Scale1(w, row) * scale, c);
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
