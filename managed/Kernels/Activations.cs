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

    /// <summary>16 bits, a scale for 32: <see cref="Int16Activations"/>.</summary>
    Int16,

    /// <summary>8 bits, a scale for 256: <see cref="SuperblockActivations"/>.</summary>
    Superblock,
}

/// <summary>Sizes and writing of activation tiles.</summary>
internal static unsafe class Activations
{
    /// <summary>How many layouts there are.</summary>
    public const int Layouts = 4;

    /// <summary>Values of one token in a block.</summary>
    public static int BlockElements(ActivationLayout layout) => layout switch
    {
        ActivationLayout.Single => 1,
        ActivationLayout.Superblock => 256,
        _ => 32,
    };

    /// <summary>Bytes of a block of 8 tokens.</summary>
    public static int BlockBytes(ActivationLayout layout) => layout switch
    {
        ActivationLayout.Single => Lanes.Tokens * sizeof(float),
        ActivationLayout.Int8 => Int8Activations.BlockBytes,
        ActivationLayout.Int16 => Int16Activations.BlockBytes,
        _ => SuperblockActivations.BlockBytes,
    };

    /// <summary>Bytes of a tile of 8 tokens with `columns` values each.</summary>
    public static long TileBytes(ActivationLayout layout, int columns) => (long)(columns / BlockElements(layout)) * BlockBytes(layout);

    /// <summary>Writes one token's `columns` values into its slot of a tile. Values must be finite.</summary>
    public static void Store(ActivationLayout layout, float* x, int columns, byte* tile, int slot)
    {
        switch (layout)
        {
            case ActivationLayout.Single:
                SingleActivations.Store(x, columns, tile, slot);
                break;
            case ActivationLayout.Int8:
                for (int i = 0; i < columns; i += 32, tile += Int8Activations.BlockBytes)
                    Int8Activations.StoreBlock(x + i, tile, slot);
                break;
            case ActivationLayout.Int16:
                for (int i = 0; i < columns; i += 32, tile += Int16Activations.BlockBytes)
                    Int16Activations.StoreBlock(x + i, tile, slot);
                break;
            default:
                for (int i = 0; i < columns; i += 256, tile += SuperblockActivations.BlockBytes)
                    SuperblockActivations.StoreBlock(x + i, tile, slot);
                break;
        }
    }

    /// <summary>The largest magnitude of `n` values; n is a multiple of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Largest(float* x, int n)
    {
        // Magnitudes compare as their bits do, and integers cost one instruction; numbers, with .NET's rules for NaN, three.
        Vector256<int> mask = Vector256.Create(0x7fffffff), a = default, b = default;
        for (int i = 0; i < n; i += 32)
        {
            Vector256<int> c = Vector256.Load((int*)x + i) & mask, d = Vector256.Load((int*)x + i + 8) & mask;
            Vector256<int> e = Vector256.Load((int*)x + i + 16) & mask, f = Vector256.Load((int*)x + i + 24) & mask;
            a = Vector256.Max(a, Vector256.Max(c, d));
            b = Vector256.Max(b, Vector256.Max(e, f));
        }
        a = Vector256.Max(a, b);
        Vector128<int> q = Vector128.Max(a.GetLower(), a.GetUpper());
        q = Vector128.Max(q, Vector128.Shuffle(q, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(q, Vector128.Shuffle(q, Vector128.Create(1, 0, 3, 2))).AsSingle().ToScalar();
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
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).Store(q);
        }
        else
        {
            // Where it is not, narrowing 256 bits is a loop over elements.
            Vector128.Narrow(Vector128.Narrow(a.GetLower(), a.GetUpper()), Vector128.Narrow(b.GetLower(), b.GetUpper())).Store(q);
            Vector128.Narrow(Vector128.Narrow(c.GetLower(), c.GetUpper()), Vector128.Narrow(d.GetLower(), d.GetUpper())).Store(q + 16);
        }
        return Vector256.Sum((a + b) + (c + d));
    }

    /// <summary>residual = x - d·q: what rounding has left, for `n` values; n is a multiple of 8.</summary>
    internal static void Subtract(float* x, float d, sbyte* q, int n, float* residual)
    {
        for (int i = 0; i < n; i += 8)
        {
            Vector128<short> wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)(q + i)).AsSByte());
            Vector256<float> rounded = Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)));
            (Vector256.Load(x + i) - rounded * Vector256.Create(d)).Store(residual + i);
        }
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

    /// <summary>Writes 32 values of one token.</summary>
    public static void StoreBlock(float* x, byte* block, int slot)
    {
        float d = Activations.Largest(x, 32) / 127f;
        int sum = Activations.Quantize32(x, d > 0 ? 1f / d : 0f, (sbyte*)block + slot * 32);
        float* scales = (float*)(block + ScaleOffset) + slot;
        scales[0] = d;
        scales[Lanes.Tokens] = d * sum;
    }

    /// <summary>residual[32] = x - d·q.</summary>
    public static void Residual(float* x, byte* block, int slot, float* residual) =>
        Activations.Subtract(x, ((float*)(block + ScaleOffset))[slot], (sbyte*)block + slot * 32, 32, residual);
}

/// <summary>
/// Blocks of 32 for kernels that multiply 16-bit numbers: for each block 8 x 32 signed 16-bit q, 8 scales d, 8 times minus the sum of q.
/// d = largest/32767, q = round(x/d): 32 products with signed bytes stay below 2^28. Of each four consecutive values first the even pair (0, 2), then
/// the odd pair (1, 3) lie in 32 bits, because that is how shifts take four bytes of weights apart.
/// </summary>
internal static unsafe class Int16Activations
{
    /// <summary>Where the 8 scales are.</summary>
    public const int ScaleOffset = Lanes.Tokens * 64;

    /// <summary>Where the 8 negative sums are, 32-bit integers: what a bias of -1 in all weights adds.</summary>
    public const int BiasOffset = ScaleOffset + Lanes.Tokens * sizeof(float);

    /// <summary>Bytes of one block of 8 tokens.</summary>
    public const int BlockBytes = BiasOffset + Lanes.Tokens * sizeof(int);

    /// <summary>The negative sum that belongs to a scale in a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bias(float* scale) => *(int*)((byte*)scale + BiasOffset - ScaleOffset);

    /// <summary>Writes 32 values of one token.</summary>
    public static void StoreBlock(float* x, byte* block, int slot)
    {
        float d = Activations.Largest(x, 32) / 32767f;
        ((float*)(block + ScaleOffset))[slot] = d;
        Vector256<float> inverse = Vector256.Create(d > 0 ? 1f / d : 0f);
        short* y = (short*)block + slot * 32;
        Vector256<int> sum = default;
        for (int i = 0; i < 32; i += 8)
        {
            Vector256<int> q = Activations.Round(Vector256.Load(x + i), inverse);
            sum -= q;
            // (0 1 2 3) -> (0 2 1 3) in each four.
            Vector128<int> low = Vector128.Shuffle(q.GetLower(), Vector128.Create(0, 2, 1, 3)), high = Vector128.Shuffle(q.GetUpper(), Vector128.Create(0, 2, 1, 3));
            Vector128.Narrow(low, high).Store(y + i);
        }
        ((int*)(block + BiasOffset))[slot] = Vector256.Sum(sum);
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

    /// <summary>Writes 256 values of one token.</summary>
    public static void StoreBlock(float* x, byte* block, int slot)
    {
        float d = Activations.Largest(x, 256) / 127f;
        float inverse = d > 0 ? 1f / d : 0f;
        sbyte* q = (sbyte*)block + slot * 256;
        short* sums32 = (short*)(block + Sum32Offset + slot * 16);
        short* sums16 = (short*)(block + Sum16Offset + slot * 32);
        for (int j = 0; j < 8; j++)
        {
            int sum = Activations.Quantize32(x + 32 * j, inverse, q + 32 * j);
            int first = Sum16(q + 32 * j);
            sums32[j] = (short)sum;
            sums16[2 * j] = (short)first;
            sums16[2 * j + 1] = (short)(sum - first);
        }
        ((float*)(block + ScaleOffset))[slot] = d;
    }

    /// <summary>residual[256] = x - d·q.</summary>
    public static void Residual(float* x, byte* block, int slot, float* residual) =>
        Activations.Subtract(x, ((float*)(block + ScaleOffset))[slot], (sbyte*)block + slot * 256, 256, residual);

    private static int Sum16(sbyte* q)
    {
        Vector128<sbyte> v = Vector128.Load(q);
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(v);
        return Vector128.Sum(low + high);
    }
}
