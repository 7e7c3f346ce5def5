using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>
/// What the model itself says of a token, before any sampler: ln p = x - best - ln of the sum of e^(x - best) over the vocabulary, summed in the fixed tree of
/// <see cref="WeightSums"/>. Read before a token is chosen, because the steps write to the row.
/// </summary>
public sealed unsafe class LogProbabilities : IDisposable
{
    private readonly int _vocabulary;
    private readonly List<(float Logit, int Token)> _top = [];
    private float* _copy;
    private float* _row;
    private double _logSum;     // ln of the sum, and the best logit

    /// <summary>Room for a vocabulary.</summary>
    public LogProbabilities(int vocabulary) => _vocabulary = vocabulary;

    /// <summary>Gives the copy of the row back.</summary>
    ~LogProbabilities() => NativeMemory.Free(_copy);

    /// <summary>How many of <see cref="Top"/> there are.</summary>
    public int TopCount => _top.Count;

    /// <summary>Reads a row.</summary>
    /// <param name="logits">(vocabulary)</param>
    /// <param name="scratch">Of the same vocabulary and this thread.</param>
    /// <param name="top">How many of the most probable tokens to find; all if there are fewer.</param>
    /// <param name="keep">The row will be changed before <see cref="Of"/> is asked: copy it.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.Numeric"/>: a logit is not finite; <see cref="ErrorCode.OutOfMemory"/>.</exception>
    public void Read(float* logits, SamplerScratch scratch, int top, bool keep)
    {
        scratch.Scan(logits);
        _logSum = scratch.Best + Log.Compute(scratch.WeighAll(1));
        _top.Clear();
        top = Math.Min(top, _vocabulary);
        if (top > 0)
        {
            scratch.GatherBest(top);
            for (int i = 0; i < scratch.Count; i++)
            {
                _top.Add((scratch.Logits[i], scratch.Ids[i]));
            }
            _top.Sort(static (a, b) => a.Logit != b.Logit ? b.Logit.CompareTo(a.Logit) : a.Token.CompareTo(b.Token));
        }
        _row = logits;
        if (keep)
        {
            if (_copy == null)
            {
                try
                {
                    _copy = (float*)NativeMemory.Alloc((nuint)_vocabulary, sizeof(float));
                }
                catch (OutOfMemoryException)
                {
                    throw new RealmException(ErrorCode.OutOfMemory, $"no memory for log probabilities: {(long)_vocabulary * sizeof(float)} bytes");
                }
            }
            NativeMemory.Copy(logits, _copy, (nuint)_vocabulary * sizeof(float));
            _row = _copy;
        }
    }

    /// <summary>ln p of a token of the row read.</summary>
    public float Of(int token) => (float)(_row[token] - _logSum);

    /// <summary>One of the most probable tokens: the most probable is 0; of equally probable ones the lower id is ahead.</summary>
    public (int Token, float LogProbability) Top(int index) => (_top[index].Token, (float)(_top[index].Logit - _logSum));

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_copy);
        _copy = null;
        GC.SuppressFinalize(this);
    }
}
