using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>
/// Mirostat 2 (Basu et al., 2021): keeps tokens whose surprise -log2 p is at most a number that follows what was chosen, so that the mean surprise of the text
/// stays at a target.
/// </summary>
internal sealed class Mirostat(float target, float rate) : IAdaptiveStep
{
    private const double Ln2 = 0.693147180559945309;

    public static readonly SamplerOption[] Options =
    [
        new("mirostat", o => o.Mirostat, (o, v) => o with { Mirostat = (int)v }, 0, 2, "0 or 2", "2: Mirostat 2 instead of the filters, which then do not run. 0: off.")
        {
            IsInteger = true,
        },
        new("mirostatTau", o => o.MirostatTau, (o, v) => o with { MirostatTau = (float)v }, 0, float.MaxValue, "a finite number, at least 0",
            "The surprise to keep to, in bits a token."),
        new("mirostatEta", o => o.MirostatEta, (o, v) => o with { MirostatEta = (float)v }, 0, 1, "a number from 0 to 1", "How fast it follows."),
    ];

    private int _drawn = -1;
    private double _surprise;

    /// <summary>The greatest surprise allowed, in bits.</summary>
    public double Most { get; private set; } = 2.0 * target;

    public static Mirostat? Create(SamplingOptions o, DryBreakers? breakers) => o.Mirostat == 2 ? new Mirostat(o.MirostatTau, o.MirostatEta) : null;

    public void Apply(SamplerScratch scratch, in Draw draw)
    {
        scratch.GatherAll();
        double distance = Log.Compute(scratch.Weigh(1)) - (Most * Ln2);
        if (distance > 0)
        {
            scratch.KeepBest(1);
        }
        else
        {
            scratch.KeepAtLeast((float)Math.Max(scratch.Best + distance, float.MinValue));
        }
    }

    public void Drawn(SamplerScratch scratch, int index, double sum)
    {
        _drawn = scratch.Ids[index];
        _surprise = (Log.Compute(sum) - (scratch.Logits[index] - scratch.Best)) / Ln2;
    }

    public void Accept(int token)
    {
        if (token == _drawn)
        {
            Most -= rate * (_surprise - target);
        }
        _drawn = -1;
    }
}
