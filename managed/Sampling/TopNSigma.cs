using System.Runtime.Intrinsics;

namespace Realm.Sampling;

/// <summary>Keeps tokens whose logit is at most so many standard deviations of all logits below the best (Tang et al., "Top-nσ", 2024).</summary>
internal sealed unsafe class TopNSigma(float deviations) : ICandidateStep
{
    public static readonly SamplerOption[] Options =
    [
        new("topNSigma", o => o.TopNSigma, (o, v) => o with { TopNSigma = (float)v }, float.MinValue, float.MaxValue, "a finite number",
            "Keep tokens whose logit is at most this many standard deviations below the best. 0 or less: off."),
    ];

    public static TopNSigma? Create(SamplingOptions o, DryBreakers? breakers) => o.TopNSigma > 0 ? new TopNSigma(o.TopNSigma) : null;

    public void Apply(SamplerScratch scratch, in Draw draw)
    {
        scratch.GatherAll();
        double distance = deviations * Deviation(scratch.Logits, scratch.Best);
        scratch.KeepAtLeast((float)Math.Max(scratch.Best - distance, float.MinValue));
    }

    /// <summary>The standard deviation: sixteen partial sums of the distances from the best and of their squares, folded in a fixed tree.</summary>
    private static double Deviation(ReadOnlySpan<float> logits, float best)
    {
        Vector256<double> a = default, b = default, c = default, d = default, aa = default, bb = default, cc = default, dd = default;
        Vector256<float> top = Vector256.Create(best);
        int whole = logits.Length & ~15;
        fixed (float* p = logits)
        {
            for (int i = 0; i < whole; i += 16)
            {
                (Vector256<double> x, Vector256<double> y) = Vector256.Widen(Vector256.Load(p + i) - top);
                (Vector256<double> z, Vector256<double> w) = Vector256.Widen(Vector256.Load(p + i + 8) - top);
                (a, b, c, d) = (a + x, b + y, c + z, d + w);
                aa = Vector256.FusedMultiplyAdd(x, x, aa);
                bb = Vector256.FusedMultiplyAdd(y, y, bb);
                cc = Vector256.FusedMultiplyAdd(z, z, cc);
                dd = Vector256.FusedMultiplyAdd(w, w, dd);
            }
        }
        a = a + b + (c + d);
        aa = aa + bb + (cc + dd);
        double sum = a[0] + a[1] + (a[2] + a[3]), squares = aa[0] + aa[1] + (aa[2] + aa[3]);
        for (int i = whole; i < logits.Length; i++)
        {
            double x = logits[i] - best;
            sum += x;
            squares += x * x;
        }
        double mean = sum / logits.Length;
        return Math.Sqrt(Math.Max(squares / logits.Length - mean * mean, 0));
    }
}
