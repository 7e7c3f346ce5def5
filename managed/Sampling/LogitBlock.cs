using System.Runtime.Intrinsics;

namespace Realm.Sampling;

/// <summary>The loop over logits that always runs, so it must be fast.</summary>
internal static unsafe class LogitBlock
{
    /// <summary>Logits in a block. Large enough that folding a vector to one number costs little, small enough that the
    /// blocks which hold the best few dozen tokens are a small part of a vocabulary.</summary>
    public const int Size = 128;

    /// <summary>The highest logit of each block. What it is where one is not finite does not matter: that is told.</summary>
    /// <param name="logits">(blocks · <see cref="Size"/>)</param>
    /// <param name="blocks">At least 0.</param>
    /// <param name="bests">(blocks)</param>
    /// <returns>Whether all logits are finite.</returns>
    public static bool Bests(float* logits, int blocks, float* bests)
    {
        // Native maxima: what becomes of NaN does not matter. A finite number times 0 is 0, any other is no number, which stays in a sum.
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> x = Vector512<float>.Zero, y = x, z = x, w = x;
            Vector512<float> zero = Vector512<float>.Zero;
            for (int block = 0; block < blocks; block++, logits += Size)
            {
                Vector512<float> a = Vector512.Load(logits), b = Vector512.Load(logits + 16);
                Vector512<float> c = Vector512.Load(logits + 32), d = Vector512.Load(logits + 48);
                Vector512<float> e = Vector512.Load(logits + 64), f = Vector512.Load(logits + 80);
                Vector512<float> g = Vector512.Load(logits + 96), h = Vector512.Load(logits + 112);
                x = Vector512.FusedMultiplyAdd(e, zero, Vector512.FusedMultiplyAdd(a, zero, x));
                y = Vector512.FusedMultiplyAdd(f, zero, Vector512.FusedMultiplyAdd(b, zero, y));
                z = Vector512.FusedMultiplyAdd(g, zero, Vector512.FusedMultiplyAdd(c, zero, z));
                w = Vector512.FusedMultiplyAdd(h, zero, Vector512.FusedMultiplyAdd(d, zero, w));
                a = Vector512.MaxNative(Vector512.MaxNative(a, b), Vector512.MaxNative(c, d));
                e = Vector512.MaxNative(Vector512.MaxNative(e, f), Vector512.MaxNative(g, h));
                a = Vector512.MaxNative(a, e);
                bests[block] = Highest(Vector256.MaxNative(a.GetLower(), a.GetUpper()));
            }
            return Vector512.EqualsAll(x + y + (z + w), zero);
        }
        else
        {
            Vector256<float> x = Vector256<float>.Zero, y = x, z = x, w = x;
            Vector256<float> zero = Vector256<float>.Zero;
            for (int block = 0; block < blocks; block++, logits += Size)
            {
                Vector256<float> best = Vector256.Create(float.MinValue), other = best;
                for (int i = 0; i < Size; i += 32)
                {
                    Vector256<float> a = Vector256.Load(logits + i), b = Vector256.Load(logits + i + 8);
                    Vector256<float> c = Vector256.Load(logits + i + 16), d = Vector256.Load(logits + i + 24);
                    x = Vector256.FusedMultiplyAdd(a, zero, x);
                    y = Vector256.FusedMultiplyAdd(b, zero, y);
                    z = Vector256.FusedMultiplyAdd(c, zero, z);
                    w = Vector256.FusedMultiplyAdd(d, zero, w);
                    best = Vector256.MaxNative(best, Vector256.MaxNative(a, b));
                    other = Vector256.MaxNative(other, Vector256.MaxNative(c, d));
                }
                bests[block] = Highest(Vector256.MaxNative(best, other));
            }
            return Vector256.EqualsAll(x + y + (z + w), zero);
        }
    }

    private static float Highest(Vector256<float> a)
    {
        Vector128<float> half = Vector128.MaxNative(a.GetLower(), a.GetUpper());
        half = Vector128.MaxNative(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        half = Vector128.MaxNative(half, Vector128.Shuffle(half, Vector128.Create(1, 0, 3, 2)));
        return half.ToScalar();
    }
}
