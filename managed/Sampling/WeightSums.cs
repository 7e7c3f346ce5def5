using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>The weights of the whole vocabulary, summed block by block: sixteen partial sums, folded in a fixed tree, the same bits at every width.</summary>
internal static unsafe class WeightSums
{
    /// <summary>How far <see cref="Estimate"/> may be off, relatively. The polynomial errs by 2.6e-6; t, which is at most 126 where anything weighs, by half
    /// of its last place and as much again for the constant: 5e-6; each sum's few additions by 1e-6, here and in <see cref="Compute(float*, int, float, float, double*)"/>.
    /// Together less than half of this.</summary>
    public const double EstimateError = 3e-5;

    // Logits that are added up in single precision: 16 additions a sum.
    private const int EstimateStretch = 4 * LogitBlock.Size;

    /// <summary>The sum of e^(logit - best), about: 2^t with t = (logit - best) / ln 2 as 2^round(t) times a polynomial of the rest.</summary>
    /// <param name="logits">(blocks · <see cref="LogitBlock.Size"/>)</param>
    /// <param name="blocks">At least 0.</param>
    /// <param name="best">The highest logit of all.</param>
    public static double Estimate(float* logits, int blocks, float best)
    {
        double sum = 0;
        for (float* end = logits + (long)blocks * LogitBlock.Size, stretch; logits < end; logits = stretch)
        {
            stretch = logits + Math.Min(end - logits, EstimateStretch);
            if (Avx512DQ.IsSupported)
            {
                Vector512<float> top = Vector512.Create(best), a = Vector512<float>.Zero, b = a;
                for (; logits < stretch; logits += 32)
                {
                    a += PowerOfE(Vector512.Load(logits) - top);
                    b += PowerOfE(Vector512.Load(logits + 16) - top);
                }
                sum += Reduce.Sum(a + b);
            }
            else
            {
                Vector256<float> top = Vector256.Create(best), a = Vector256<float>.Zero, b = a, c = a, d = a;
                for (; logits < stretch; logits += 32)
                {
                    a += PowerOfE(Vector256.Load(logits) - top);
                    b += PowerOfE(Vector256.Load(logits + 8) - top);
                    c += PowerOfE(Vector256.Load(logits + 16) - top);
                    d += PowerOfE(Vector256.Load(logits + 24) - top);
                }
                sum += Reduce.Sum(a + c + (b + d));
            }
        }
        return sum;
    }

    /// <summary>Each block's sum of e^((logit - best) · scale).</summary>
    /// <param name="logits">(blocks · <see cref="LogitBlock.Size"/>)</param>
    /// <param name="blocks">At least 0.</param>
    /// <param name="best">The highest logit of all.</param>
    /// <param name="scale">Above 0.</param>
    /// <param name="sums">(blocks)</param>
    public static void Compute(float* logits, int blocks, float best, float scale, double* sums)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Compute(logits, blocks, Vector512.Create(best), Vector512.Create(scale), sums);
        }
        else
        {
            Vector256<float> top = Vector256.Create(best), by = Vector256.Create(scale);
            for (int block = 0; block < blocks; block++, logits += LogitBlock.Size)
            {
                Vector256<float> a = Vector256<float>.Zero, b = a;
                for (int i = 0; i < LogitBlock.Size; i += 16)
                {
                    a += TokenWeight.Compute((Vector256.Load(logits + i) - top) * by);
                    b += TokenWeight.Compute((Vector256.Load(logits + i + 8) - top) * by);
                }
                sums[block] = Reduce.Sum(a + b);
            }
        }
    }

    /// <summary>
    /// <see cref="TokenWeight.Compute(Vector512{float})"/> of eight vectors side by side. One is a chain of 20 instructions, each of which waits for the
    /// one before, and a processor does not look far enough ahead to find enough chains to fill its time: 0.7 of the time of one after the other.
    /// </summary>
    private static void Compute(float* logits, int blocks, Vector512<float> top, Vector512<float> by, double* sums)
    {
        Vector512<float> c7 = Vector512.Create(Exp.C7), c6 = Vector512.Create(Exp.C6), c5 = Vector512.Create(Exp.C5);
        Vector512<float> c4 = Vector512.Create(Exp.C4), c3 = Vector512.Create(Exp.C3), c2 = Vector512.Create(0.5f), one = Vector512.Create(1f);
        for (int block = 0; block < blocks; block++, logits += LogitBlock.Size)
        {
            Vector512<float> x0 = (Vector512.Load(logits) - top) * by, x1 = (Vector512.Load(logits + 16) - top) * by;
            Vector512<float> x2 = (Vector512.Load(logits + 32) - top) * by, x3 = (Vector512.Load(logits + 48) - top) * by;
            Vector512<float> x4 = (Vector512.Load(logits + 64) - top) * by, x5 = (Vector512.Load(logits + 80) - top) * by;
            Vector512<float> x6 = (Vector512.Load(logits + 96) - top) * by, x7 = (Vector512.Load(logits + 112) - top) * by;
            Vector512<float> s0 = Exp.Shifted(x0), s1 = Exp.Shifted(x1), s2 = Exp.Shifted(x2), s3 = Exp.Shifted(x3);
            Vector512<float> s4 = Exp.Shifted(x4), s5 = Exp.Shifted(x5), s6 = Exp.Shifted(x6), s7 = Exp.Shifted(x7);
            Vector512<float> r0 = Exp.Rest(x0, s0), r1 = Exp.Rest(x1, s1), r2 = Exp.Rest(x2, s2), r3 = Exp.Rest(x3, s3);
            Vector512<float> r4 = Exp.Rest(x4, s4), r5 = Exp.Rest(x5, s5), r6 = Exp.Rest(x6, s6), r7 = Exp.Rest(x7, s7);
            Vector512<float> p0 = Vector512.FusedMultiplyAdd(c7, r0, c6), p1 = Vector512.FusedMultiplyAdd(c7, r1, c6);
            Vector512<float> p2 = Vector512.FusedMultiplyAdd(c7, r2, c6), p3 = Vector512.FusedMultiplyAdd(c7, r3, c6);
            Vector512<float> p4 = Vector512.FusedMultiplyAdd(c7, r4, c6), p5 = Vector512.FusedMultiplyAdd(c7, r5, c6);
            Vector512<float> p6 = Vector512.FusedMultiplyAdd(c7, r6, c6), p7 = Vector512.FusedMultiplyAdd(c7, r7, c6);
            p0 = Vector512.FusedMultiplyAdd(p0, r0, c5); p1 = Vector512.FusedMultiplyAdd(p1, r1, c5);
            p2 = Vector512.FusedMultiplyAdd(p2, r2, c5); p3 = Vector512.FusedMultiplyAdd(p3, r3, c5);
            p4 = Vector512.FusedMultiplyAdd(p4, r4, c5); p5 = Vector512.FusedMultiplyAdd(p5, r5, c5);
            p6 = Vector512.FusedMultiplyAdd(p6, r6, c5); p7 = Vector512.FusedMultiplyAdd(p7, r7, c5);
            p0 = Vector512.FusedMultiplyAdd(p0, r0, c4); p1 = Vector512.FusedMultiplyAdd(p1, r1, c4);
            p2 = Vector512.FusedMultiplyAdd(p2, r2, c4); p3 = Vector512.FusedMultiplyAdd(p3, r3, c4);
            p4 = Vector512.FusedMultiplyAdd(p4, r4, c4); p5 = Vector512.FusedMultiplyAdd(p5, r5, c4);
            p6 = Vector512.FusedMultiplyAdd(p6, r6, c4); p7 = Vector512.FusedMultiplyAdd(p7, r7, c4);
            p0 = Vector512.FusedMultiplyAdd(p0, r0, c3); p1 = Vector512.FusedMultiplyAdd(p1, r1, c3);
            p2 = Vector512.FusedMultiplyAdd(p2, r2, c3); p3 = Vector512.FusedMultiplyAdd(p3, r3, c3);
            p4 = Vector512.FusedMultiplyAdd(p4, r4, c3); p5 = Vector512.FusedMultiplyAdd(p5, r5, c3);
            p6 = Vector512.FusedMultiplyAdd(p6, r6, c3); p7 = Vector512.FusedMultiplyAdd(p7, r7, c3);
            p0 = Vector512.FusedMultiplyAdd(p0, r0, c2); p1 = Vector512.FusedMultiplyAdd(p1, r1, c2);
            p2 = Vector512.FusedMultiplyAdd(p2, r2, c2); p3 = Vector512.FusedMultiplyAdd(p3, r3, c2);
            p4 = Vector512.FusedMultiplyAdd(p4, r4, c2); p5 = Vector512.FusedMultiplyAdd(p5, r5, c2);
            p6 = Vector512.FusedMultiplyAdd(p6, r6, c2); p7 = Vector512.FusedMultiplyAdd(p7, r7, c2);
            p0 = Vector512.FusedMultiplyAdd(p0, r0, one); p1 = Vector512.FusedMultiplyAdd(p1, r1, one);
            p2 = Vector512.FusedMultiplyAdd(p2, r2, one); p3 = Vector512.FusedMultiplyAdd(p3, r3, one);
            p4 = Vector512.FusedMultiplyAdd(p4, r4, one); p5 = Vector512.FusedMultiplyAdd(p5, r5, one);
            p6 = Vector512.FusedMultiplyAdd(p6, r6, one); p7 = Vector512.FusedMultiplyAdd(p7, r7, one);
            p0 = Vector512.FusedMultiplyAdd(p0, r0, one); p1 = Vector512.FusedMultiplyAdd(p1, r1, one);
            p2 = Vector512.FusedMultiplyAdd(p2, r2, one); p3 = Vector512.FusedMultiplyAdd(p3, r3, one);
            p4 = Vector512.FusedMultiplyAdd(p4, r4, one); p5 = Vector512.FusedMultiplyAdd(p5, r5, one);
            p6 = Vector512.FusedMultiplyAdd(p6, r6, one); p7 = Vector512.FusedMultiplyAdd(p7, r7, one);
            Vector512<float> sum = Vector512<float>.Zero;
            sum = TokenWeight.AddTo(sum, x0, s0, p0); sum = TokenWeight.AddTo(sum, x1, s1, p1);
            sum = TokenWeight.AddTo(sum, x2, s2, p2); sum = TokenWeight.AddTo(sum, x3, s3, p3);
            sum = TokenWeight.AddTo(sum, x4, s4, p4); sum = TokenWeight.AddTo(sum, x5, s5, p5);
            sum = TokenWeight.AddTo(sum, x6, s6, p6); sum = TokenWeight.AddTo(sum, x7, s7, p7);
            sums[block] = Reduce.Sum(sum);
        }
    }

    // The polynomial of degree 4 for 2^t that errs least, relatively, between -1/2 and 1/2 (Remez), from t^4 down.
    private const float P4 = 0.009570102f, P3 = 0.05591786f, P2 = 0.24024745f, P1 = 0.69312181f, P0 = 0.99999926f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfE(Vector512<float> x)
    {
        Vector512<float> t = x * Vector512.Create(Exp.Log2E);
        // t - round(t), for which there is one instruction; of what is infinite it is 0.
        Vector512<float> rest = Avx512DQ.Reduce(t, 0);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(P4), rest, Vector512.Create(P3));
        p = Vector512.FusedMultiplyAdd(p, rest, Vector512.Create(P2));
        p = Vector512.FusedMultiplyAdd(p, rest, Vector512.Create(P1));
        p = Vector512.FusedMultiplyAdd(p, rest, Vector512.Create(P0));
        return Avx512F.Scale(p, t - rest);
    }

    // Where it matters not at all whether a product is rounded before something is added to it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> PowerOfE(Vector256<float> x)
    {
        Vector256<float> magic = Vector256.Create(Exp.Magic), log2E = Vector256.Create(Exp.Log2E);
        // What weighs nothing weighs 2^-126 here: all of a vocabulary together far less than the error.
        x = Vector256.MaxNative(x, Vector256.Create(TokenWeight.Least));
        Vector256<float> shifted = Vector256.MultiplyAddEstimate(x, log2E, magic);
        Vector256<float> rest = Vector256.MultiplyAddEstimate(x, log2E, magic - shifted);
        Vector256<float> p = Vector256.MultiplyAddEstimate(Vector256.Create(P4), rest, Vector256.Create(P3));
        p = Vector256.MultiplyAddEstimate(p, rest, Vector256.Create(P2));
        p = Vector256.MultiplyAddEstimate(p, rest, Vector256.Create(P1));
        p = Vector256.MultiplyAddEstimate(p, rest, Vector256.Create(P0));
        return (p.AsInt32() + Vector256.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();
    }
}
