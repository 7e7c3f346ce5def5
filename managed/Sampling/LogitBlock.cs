using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>The two loops over logits that must be fast.</summary>
internal static unsafe class LogitBlock
{
    /// <summary>Logits in a block. Large enough that folding a vector to one number costs little, small enough that the
    /// blocks which hold the best few dozen tokens are a small part of a vocabulary.</summary>
    public const int Size = 128;

    /// <summary>Without its sign, a float that is infinite or not a number has at least these bits.</summary>
    public const int NotFinite = 0x7F800000;

    /// <summary>The highest logit. What it is where one is not finite does not matter: that is noticed.</summary>
    /// <param name="block">(<see cref="Size"/>)</param>
    /// <param name="largest">Raised to the largest bits, without sign, that each lane has seen: see <see cref="NotFinite"/>.</param>
    public static float Best(float* block, ref Vector256<int> largest)
    {
        Vector256<int> magnitude = Vector256.Create(0x7FFFFFFF);
        Vector256<float> a = Vector256.Load(block);
        Vector256<float> b = Vector256.Load(block + 8);
        Vector256<int> x = largest;
        Vector256<int> y = Vector256.Max(a.AsInt32() & magnitude, b.AsInt32() & magnitude);
        for (int i = 16; i < Size; i += 16)
        {
            Vector256<float> c = Vector256.Load(block + i);
            Vector256<float> d = Vector256.Load(block + i + 8);
            // Native: what becomes of NaN does not matter, for they are found by their bits.
            a = Vector256.MaxNative(a, c);
            b = Vector256.MaxNative(b, d);
            x = Vector256.Max(x, c.AsInt32() & magnitude);
            y = Vector256.Max(y, d.AsInt32() & magnitude);
        }
        largest = Vector256.Max(x, y);
        a = Vector256.MaxNative(a, b);
        Vector128<float> half = Vector128.MaxNative(a.GetLower(), a.GetUpper());
        half = Vector128.MaxNative(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        half = Vector128.MaxNative(half, Vector128.Shuffle(half, Vector128.Create(1, 0, 3, 2)));
        return half.ToScalar();
    }

    /// <summary>Sixteen partial sums, folded in a fixed tree: the same bits whatever the instruction set.</summary>
    public static float Sum(float* block, float best, float scale)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> sums = Vector512<float>.Zero;
            for (int i = 0; i < Size; i += 16)
            {
                sums += Exp.Compute((Vector512.Load(block + i) - Vector512.Create(best)) * Vector512.Create(scale));
            }
            return Fold(sums.GetLower() + sums.GetUpper());
        }
        Vector256<float> top = Vector256.Create(best);
        Vector256<float> by = Vector256.Create(scale);
        Vector256<float> a = Vector256<float>.Zero;
        Vector256<float> b = Vector256<float>.Zero;
        for (int i = 0; i < Size; i += 16)
        {
            a += Exp.Compute((Vector256.Load(block + i) - top) * by);
            b += Exp.Compute((Vector256.Load(block + i + 8) - top) * by);
        }
        return Fold(a + b);
    }

    private static float Fold(Vector256<float> sums)
    {
        Vector128<float> half = sums.GetLower() + sums.GetUpper();
        return half[0] + half[2] + (half[1] + half[3]);
    }
}
