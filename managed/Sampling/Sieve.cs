using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Sampling;

/// <summary>
/// Takes from a list what lies on one side of a logit, in its order. Where there are instructions that move the chosen lanes of a
/// vector together, eight or sixteen at a time; they store whole vectors, so every list needs <see cref="Spare"/> numbers of room behind its end.
/// </summary>
internal static unsafe class Sieve
{
    /// <summary>What may be overwritten behind a list.</summary>
    public const int Spare = 16;

    /// <summary>Appends the tokens of a block that reach a logit.</summary>
    /// <param name="logits">(<see cref="LogitBlock.Size"/>)</param>
    /// <param name="first">The id of the first.</param>
    /// <param name="threshold">The logit.</param>
    /// <param name="ids">Where the ids go.</param>
    /// <param name="kept">Where the logits go.</param>
    /// <returns>How many.</returns>
    public static int Block(float* logits, int first, float threshold, int* ids, float* kept)
    {
        int count = 0;
        if (Avx512F.IsSupported)
        {
            Vector512<float> least = Vector512.Create(threshold);
            for (int i = 0; i < LogitBlock.Size; i += 16)
            {
                Vector512<float> x = Vector512.Load(logits + i);
                Vector512<float> mask = Vector512.GreaterThanOrEqual(x, least);
                if (mask.ExtractMostSignificantBits() is ulong bits and not 0)
                {
                    Vector512<int> id = Vector512<int>.Indices + Vector512.Create(first + i);
                    Avx512F.Compress(Vector512<float>.Zero, mask, x).Store(kept + count);
                    Avx512F.Compress(Vector512<int>.Zero, mask.AsInt32(), id).Store(ids + count);
                    count += BitOperations.PopCount(bits);
                }
            }
            return count;
        }
        Vector256<float> reached = Vector256.Create(threshold);
        fixed (byte* orders = LaneOrder.Table)
        {
            for (int i = 0; i < LogitBlock.Size; i += 8)
            {
                Vector256<float> x = Vector256.Load(logits + i);
                uint bits = Vector256.GreaterThanOrEqual(x, reached).ExtractMostSignificantBits();
                if (Avx2.IsSupported && bits != 0)
                {
                    Vector256<int> order = LaneOrder.Of(bits, orders);
                    Avx2.PermuteVar8x32(x, order).Store(kept + count);
                    (order + Vector256.Create(first + i)).Store(ids + count);
                    count += BitOperations.PopCount(bits);
                    continue;
                }
                for (; bits != 0; bits &= bits - 1)
                {
                    int at = i + BitOperations.TrailingZeroCount(bits);
                    ids[count] = first + at;
                    kept[count] = logits[at];
                    count++;
                }
            }
        }
        return count;
    }

    /// <summary>Takes the entries whose logit reaches a threshold, or those whose logit does not.</summary>
    /// <param name="logits">(count)</param>
    /// <param name="others">(count) of what belongs to them, or null.</param>
    /// <param name="count">At least 0.</param>
    /// <param name="threshold">The logit.</param>
    /// <param name="reaching">Which of the two.</param>
    /// <param name="toLogits">Where they go: may be the same, or before.</param>
    /// <param name="toOthers">The same for what belongs to them.</param>
    /// <returns>How many.</returns>
    public static int Take(float* logits, int* others, int count, float threshold, bool reaching, float* toLogits, int* toOthers)
    {
        int kept = 0;
        int i = 0;
        if (Avx512F.IsSupported)
        {
            Vector512<float> least = Vector512.Create(threshold);
            Vector512<float> flip = reaching ? Vector512<float>.Zero : Vector512<float>.AllBitsSet;
            for (; i <= count - 16; i += 16)
            {
                Vector512<float> x = Vector512.Load(logits + i);
                Vector512<float> mask = Vector512.GreaterThanOrEqual(x, least) ^ flip;
                if (others != null)
                {
                    Vector512<int> other = Vector512.Load(others + i);
                    Avx512F.Compress(Vector512<int>.Zero, mask.AsInt32(), other).Store(toOthers + kept);
                }
                Avx512F.Compress(Vector512<float>.Zero, mask, x).Store(toLogits + kept);
                kept += BitOperations.PopCount(mask.ExtractMostSignificantBits());
            }
        }
        else if (Avx2.IsSupported)
        {
            Vector256<float> least = Vector256.Create(threshold);
            uint flip = reaching ? 0u : 0xff;
            fixed (byte* orders = LaneOrder.Table)
            {
                for (; i <= count - 8; i += 8)
                {
                    Vector256<float> x = Vector256.Load(logits + i);
                    uint bits = Vector256.GreaterThanOrEqual(x, least).ExtractMostSignificantBits() ^ flip;
                    Vector256<int> order = LaneOrder.Of(bits, orders);
                    if (others != null)
                    {
                        Avx2.PermuteVar8x32(Vector256.Load(others + i), order).Store(toOthers + kept);
                    }
                    Avx2.PermuteVar8x32(x, order).Store(toLogits + kept);
                    kept += BitOperations.PopCount(bits);
                }
            }
        }
        // No branch on what is taken, which nothing foretells.
        for (; i < count; i++)
        {
            float x = logits[i];
            if (others != null)
            {
                toOthers[kept] = others[i];
            }
            toLogits[kept] = x;
            kept += x >= threshold == reaching ? 1 : 0;
        }
        return kept;
    }

    /// <summary>The weight of the entries that reach a threshold: sixteen partial sums, folded in a fixed tree, then the last few.</summary>
    /// <param name="logits">(count)</param>
    /// <param name="weights">(count), or null: each weighs 1.</param>
    /// <param name="count">At least 0.</param>
    /// <param name="threshold">The logit.</param>
    public static double Sum(float* logits, float* weights, int count, float threshold)
    {
        if (weights == null)
        {
            return Count(logits, count, threshold);
        }
        int whole = count & ~15;
        Vector256<double> a = Vector256<double>.Zero, b = a, c = a, d = a;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<double> low = Vector512<double>.Zero, high = low;
            Vector512<float> least = Vector512.Create(threshold);
            for (int i = 0; i < whole; i += 16)
            {
                Vector512<float> reached = Vector512.GreaterThanOrEqual(Vector512.Load(logits + i), least);
                (Vector512<double> first, Vector512<double> second) = Vector512.Widen(Vector512.Load(weights + i) & reached);
                low += first;
                high += second;
            }
            (a, b, c, d) = (low.GetLower(), low.GetUpper(), high.GetLower(), high.GetUpper());
        }
        else
        {
            Vector256<float> least = Vector256.Create(threshold);
            for (int i = 0; i < whole; i += 16)
            {
                Vector256<float> reached = Vector256.GreaterThanOrEqual(Vector256.Load(logits + i), least);
                (Vector256<double> first, Vector256<double> second) = Vector256.Widen(Vector256.Load(weights + i) & reached);
                a += first;
                b += second;
                reached = Vector256.GreaterThanOrEqual(Vector256.Load(logits + i + 8), least);
                (first, second) = Vector256.Widen(Vector256.Load(weights + i + 8) & reached);
                c += first;
                d += second;
            }
        }
        a = a + c + (b + d);
        double sum = a[0] + a[2] + (a[1] + a[3]);
        for (int i = whole; i < count; i++)
        {
            sum += logits[i] >= threshold ? weights[i] : 0;
        }
        return sum;
    }

    private static int Count(float* logits, int count, float threshold)
    {
        int reaching = 0;
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            reaching += BitOperations.PopCount(Vector256.GreaterThanOrEqual(Vector256.Load(logits + i), Vector256.Create(threshold)).ExtractMostSignificantBits());
        }
        for (; i < count; i++)
        {
            reaching += logits[i] >= threshold ? 1 : 0;
        }
        return reaching;
    }
}
