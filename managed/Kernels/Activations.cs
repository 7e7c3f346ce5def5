using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>The forms in which matrix kernels want their activations. All come in tiles of 8 tokens: what the 8 hold for one
/// block lies together, so that a kernel walks one pointer with constant offsets.</summary>
internal enum ActivationLayout
{
    /// <summary>Single precision: <see cref="SingleActivations"/>.</summary>
    Single,

    /// <summary>8 bits, a scale for 32: <see cref="Int8Activations"/>.</summary>
    Int8,

    /// <summary>8-bit values widened to 16 bits, a scale for 32: <see cref="Int16Activations"/>.</summary>
    Int16,

    /// <summary>8 bits, a scale for 256: <see cref="SuperblockActivations"/>.</summary>
    Superblock,
}

/// <summary>Sizes and writing of activation tiles.</summary>
internal static unsafe class Activations
{
    /// <summary>How many layouts there are.</summary>
    public const int Layouts = 4;

    /// <summary>Bytes of a tile of 8 tokens with `columns` values each.</summary>
    public static long TileBytes(ActivationLayout layout, int columns) => layout switch
    {
        ActivationLayout.Single => (long)columns * Lanes.Tokens * sizeof(float),
        ActivationLayout.Int8 => (long)(columns / 32) * Int8Activations.BlockBytes,
        ActivationLayout.Int16 => (long)(columns / 32) * Int16Activations.BlockBytes,
        _ => (long)(columns / 256) * SuperblockActivations.BlockBytes,
    };

    /// <summary>Writes one token's `columns` values into its slot of a tile. Values must be finite.</summary>
    public static void Store(ActivationLayout layout, float* x, int columns, byte* tile, int slot)
    {
        switch (layout)
        {
            case ActivationLayout.Single:
                SingleActivations.Store(x, columns, tile, slot);
                break;
            case ActivationLayout.Int8:
                Int8Activations.Store(x, columns, tile, slot);
                break;
            case ActivationLayout.Int16:
                Int16Activations.Store(x, columns, tile, slot);
                break;
            default:
                SuperblockActivations.Store(x, columns, tile, slot);
                break;
        }
    }

    /// <summary>The largest magnitude of 32 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Largest32(float* x)
    {
        Vector256<float> a = Vector256.Max(Vector256.Abs(Vector256.Load(x)), Vector256.Abs(Vector256.Load(x + 8)));
        Vector256<float> b = Vector256.Max(Vector256.Abs(Vector256.Load(x + 16)), Vector256.Abs(Vector256.Load(x + 24)));
        a = Vector256.Max(a, b);
        Vector128<float> h = Vector128.Max(a.GetLower(), a.GetUpper());
        h = Vector128.Max(h, Vector128.Shuffle(h, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(h[0], h[1]);
    }

    /// <summary>x · inverse, rounded to the nearest integer, ties to even. |x · inverse| must be below 2^22.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> Round(Vector256<float> x, Vector256<float> inverse)
    {
        // Adding 1.5·2^23 leaves the integer in the low bits of the mantissa.
        Vector256<float> magic = Vector256.Create(12582912f);
        return (x * inverse + magic).AsInt32() - magic.AsInt32();
    }

    /// <summary>Quantises 32 values to q[32] with |q| up to 127; returns the sum of q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Quantize32(float* x, float inverse, sbyte* q)
    {
        Vector256<float> scale = Vector256.Create(inverse);
        Vector256<int> a = Round(Vector256.Load(x), scale), b = Round(Vector256.Load(x + 8), scale);
        Vector256<int> c = Round(Vector256.Load(x + 16), scale), d = Round(Vector256.Load(x + 24), scale);
        Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).Store(q);
        return Vector256.Sum((a + b) + (c + d));
    }
}

/// <summary>Single precision: value k of the 8 tokens side by side, [columns][8].</summary>
internal static unsafe class SingleActivations
{
    /// <summary>Writes one token.</summary>
    public static void Store(float* x, int columns, byte* tile, int slot)
    {
        float* y = (float*)tile + slot;
        for (int i = 0; i < columns; i++)
            y[(long)i * Lanes.Tokens] = x[i];
    }
}

/// <summary>
/// Blocks of 32: for each block 8 x 32 signed bytes q, 8 scales d, 8 sums s. d = largest/127, q = round(x/d), s = d·sum(q);
/// the same quantisation as GGML's Q8_0 and Q8_1, but with d in single precision.
/// </summary>
internal static unsafe class Int8Activations
{
    /// <summary>Where the 8 scales are; the 8 sums follow them.</summary>
    public const int ScaleOffset = Lanes.Tokens * 32;

    /// <summary>Bytes of one block of 8 tokens.</summary>
    public const int BlockBytes = ScaleOffset + 2 * Lanes.Tokens * sizeof(float);

    /// <summary>Writes one token.</summary>
    public static void Store(float* x, int columns, byte* tile, int slot)
    {
        for (int i = 0; i < columns; i += 32, tile += BlockBytes)
        {
            float d = Activations.Largest32(x + i) / 127f;
            float inverse = d > 0 ? 1f / d : 0f;
            int sum = Activations.Quantize32(x + i, inverse, (sbyte*)tile + slot * 32);
            float* scales = (float*)(tile + ScaleOffset) + slot;
            scales[0] = d;
            scales[Lanes.Tokens] = d * sum;
        }
    }
}

/// <summary>
/// Blocks of 32 for kernels that multiply 16-bit numbers: for each block 8 x 32 signed 16-bit q, 8 scales d. The values are those of
/// <see cref="Int8Activations"/>; of each four consecutive ones first the even pair (0, 2), then the odd pair (1, 3) lie in 32 bits,
/// because that is how shifts take four bytes of weights apart.
/// </summary>
internal static unsafe class Int16Activations
{
    /// <summary>Where the 8 scales are.</summary>
    public const int ScaleOffset = Lanes.Tokens * 64;

    /// <summary>Bytes of one block of 8 tokens.</summary>
    public const int BlockBytes = ScaleOffset + Lanes.Tokens * sizeof(float);

    /// <summary>Writes one token.</summary>
    public static void Store(float* x, int columns, byte* tile, int slot)
    {
        sbyte* q = stackalloc sbyte[32];
        for (int i = 0; i < columns; i += 32, tile += BlockBytes)
        {
            float d = Activations.Largest32(x + i) / 127f;
            Activations.Quantize32(x + i, d > 0 ? 1f / d : 0f, q);
            ((float*)(tile + ScaleOffset))[slot] = d;
            Vector256<short> bytes = Vector256.Load(q).AsInt16();
            Vector256<int> even = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(bytes, 8), 8).AsInt32();
            Vector256<int> odd = Vector256.ShiftRightArithmetic(bytes, 8).AsInt32();
            int* y = (int*)(tile + slot * 64);
            for (int j = 0; j < 8; j++)
            {
                y[2 * j] = even.GetElement(j);
                y[2 * j + 1] = odd.GetElement(j);
            }
        }
    }
}

/// <summary>
/// Superblocks of 256 for the k-quants: for each 8 x 256 signed bytes q, 8 scales d, then for each token the 8 sums of 32 q and
/// for each token the 16 sums of 16 q, in 16 bits. d = largest/127.
/// </summary>
internal static unsafe class SuperblockActivations
{
    /// <summary>Where the 8 scales are.</summary>
    public const int ScaleOffset = Lanes.Tokens * 256;

    /// <summary>Where the sums of 32 are, 16 bytes a token.</summary>
    public const int Sum32Offset = ScaleOffset + Lanes.Tokens * sizeof(float);

    /// <summary>Where the sums of 16 are, 32 bytes a token.</summary>
    public const int Sum16Offset = Sum32Offset + Lanes.Tokens * 16;

    /// <summary>Bytes of one superblock of 8 tokens.</summary>
    public const int BlockBytes = Sum16Offset + Lanes.Tokens * 32;

    /// <summary>Writes one token.</summary>
    public static void Store(float* x, int columns, byte* tile, int slot)
    {
        for (int i = 0; i < columns; i += 256, tile += BlockBytes)
        {
            float largest = 0;
            for (int j = 0; j < 256; j += 32)
                largest = MathF.Max(largest, Activations.Largest32(x + i + j));
            float d = largest / 127f;
            float inverse = d > 0 ? 1f / d : 0f;
            sbyte* q = (sbyte*)tile + slot * 256;
            short* sums32 = (short*)(tile + Sum32Offset + slot * 16);
            short* sums16 = (short*)(tile + Sum16Offset + slot * 32);
            for (int j = 0; j < 8; j++)
            {
                int sum = Activations.Quantize32(x + i + 32 * j, inverse, q + 32 * j);
                int first = Sum16(q + 32 * j);
                sums32[j] = (short)sum;
                sums16[2 * j] = (short)first;
                sums16[2 * j + 1] = (short)(sum - first);
            }
            ((float*)(tile + ScaleOffset))[slot] = d;
        }
    }

    private static int Sum16(sbyte* q)
    {
        Vector128<sbyte> v = Vector128.Load(q);
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(v);
        return Vector128.Sum(low + high);
    }
}
