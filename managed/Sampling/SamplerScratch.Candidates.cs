using System.Runtime.Intrinsics;

namespace Realm.Sampling;

/// <content>The candidates: tokens that are still in question, in order of their ids, with logits and weights beside each other.</content>
public sealed unsafe partial class SamplerScratch
{
    private float _lowest;      // of the candidates: no logit is below it
    private float _offset;      // what a logit is more than the number that stands for it
    private bool _isGathered;

    /// <summary>How many.</summary>
    internal int Count { get; private set; }

    /// <summary>Whether there are any yet: before the first step that takes some away, all tokens of the row are in question.</summary>
    internal bool IsGathered => _isGathered;

    /// <summary>A logit that all tokens reach but those that are not allowed; if none is, that all reach.</summary>
    internal float Lowest => Best > LogitMask.Forbidden ? MathF.BitIncrement(LogitMask.Forbidden) : LogitMask.Forbidden;

    /// <summary>Their ids, ascending.</summary>
    internal ReadOnlySpan<int> Ids => new(IdMemory, Count);

    /// <summary>Their logits, each less the same number. Who changes them calls <see cref="FindBest"/>.</summary>
    internal Span<float> Logits => new(LogitMemory, Count);

    /// <summary>What <c>Weigh</c> left.</summary>
    internal ReadOnlySpan<float> CandidateWeights => new(Weights, Count);

    /// <summary>Room for a number a candidate, until candidates are next cut.</summary>
    internal Span<float> Spare => new(OtherWeights, Count);

    /// <summary>A logit that at least <paramref name="count"/> tokens reach, and not many more: that block best which as many blocks reach.
    /// With fewer blocks than that, the lowest of them, which may be too high.</summary>
    internal float ThresholdFor(int count)
    {
        uint key = Cut.AtCount(new(Bests, _blocks), Math.Min(count, _blocks), _bins).Key;
        return Cut.LogitOf(key);
    }

    /// <summary>Whether clearly more tokens than this reach a logit: so many are the best of their blocks.</summary>
    internal bool AreMoreThan(int count, float threshold) => Sieve.Sum(Bests, null, _blocks, threshold) > count;

    /// <summary>Makes all tokens with at least this logit the candidates, in order of their ids.</summary>
    internal void Gather(float threshold)
    {
        int count = 0;
        for (int i = 0; i < _blocks; i++)
        {
            if (Bests[i] >= threshold)
            {
                count += Sieve.Block(Block(i), i * BlockSize, threshold, IdMemory + count, LogitMemory + count);
            }
        }
        // The last block's padding, where even that reaches the threshold.
        while (count > 0 && IdMemory[count - 1] >= Vocabulary)
        {
            count--;
        }
        Count = count;
        _lowest = threshold;
        _isGathered = true;
    }

    /// <summary>Makes all tokens that are allowed the candidates, if none are gathered yet.</summary>
    internal void GatherAll()
    {
        if (!_isGathered)
        {
            Gather(Lowest);
        }
    }

    /// <summary>Weighs the candidates: e^((logit - best) * scale).</summary>
    /// <returns>The sum; <see cref="Pick"/> may follow.</returns>
    internal double Weigh(float scale)
    {
        int blocks = (Count + BlockSize - 1) / BlockSize;
        Weigh(LogitMemory, Count, scale);
        new Span<float>(Weights + Count, (blocks * BlockSize) - Count).Clear();
        double sum = 0;
        for (int i = 0; i < blocks; i++)
        {
            float* weights = Weights + (i * BlockSize);
            Sums[i] = Sieve.Sum(weights, weights, BlockSize, 0);
            sum += Sums[i];
        }
        return sum;
    }

    /// <summary>Keeps the best <paramref name="count"/> candidates; of equal ones those with lower ids.</summary>
    internal void KeepCount(int count)
    {
        if (count < Count)
        {
            Keep(FindCut(null, count));
        }
    }

    /// <summary>Keeps the best candidates until their weights reach <paramref name="mass"/>.</summary>
    internal void KeepMass(double mass) => Keep(FindCut(Weights, mass));

    /// <summary>Keeps candidates with at least this logit.</summary>
    internal void KeepAtLeast(float threshold) => Count = Sieve.Take(LogitMemory, IdMemory, Count, threshold, true, LogitMemory, IdMemory);

    /// <summary>Makes the best <paramref name="count"/> tokens the candidates; of equal ones those with lower ids.</summary>
    internal void GatherBest(int count)
    {
        Gather(Math.Max(ThresholdFor(count), Lowest));
        if (Count < count)
        {
            Gather(Lowest);
        }
        KeepCount(count);
    }

    /// <summary>Keeps the best <paramref name="count"/> tokens, or candidates.</summary>
    internal void KeepBest(int count)
    {
        if (_isGathered)
        {
            KeepCount(count);
        }
        else if (count < Vocabulary)
        {
            GatherBest(count);
        }
    }

    /// <summary>The mean of the candidates' distances from the best, by their probabilities: sixteen partial sums, folded in a fixed tree, then the last few.</summary>
    /// <param name="sum">What <c>Weigh</c> with scale 1 gave.</param>
    internal double MeanDistance(double sum)
    {
        int whole = Count & ~15;
        Vector256<float> best = Vector256.Create(Best);
        Vector256<double> a = Vector256<double>.Zero, b = a, c = a, d = a;
        for (int i = 0; i < whole; i += 16)
        {
            (Vector256<double> x, Vector256<double> y) = Vector256.Widen(Vector256.Load(LogitMemory + i) - best);
            (Vector256<double> z, Vector256<double> w) = Vector256.Widen(Vector256.Load(LogitMemory + i + 8) - best);
            (Vector256<double> first, Vector256<double> second) = Vector256.Widen(Vector256.Load(Weights + i));
            (Vector256<double> third, Vector256<double> fourth) = Vector256.Widen(Vector256.Load(Weights + i + 8));
            a = Vector256.FusedMultiplyAdd(first, x, a);
            b = Vector256.FusedMultiplyAdd(second, y, b);
            c = Vector256.FusedMultiplyAdd(third, z, c);
            d = Vector256.FusedMultiplyAdd(fourth, w, d);
        }
        a = a + b + (c + d);
        double mean = a[0] + a[1] + (a[2] + a[3]);
        for (int i = whole; i < Count; i++)
        {
            mean += Weights[i] * (double)(LogitMemory[i] - Best);
        }
        return mean / sum;
    }

    /// <summary>Keeps a candidate and those behind it in order of the logits; of equal ones the lower ids are ahead.</summary>
    internal void KeepFrom(int index)
    {
        float most = LogitMemory[index];
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (LogitMemory[i] < most || (LogitMemory[i] == most && i >= index))
            {
                IdMemory[kept] = IdMemory[i];
                LogitMemory[kept++] = LogitMemory[i];
            }
        }
        Count = kept;
        FindBest();
    }

    /// <summary>Multiplies the candidates' logits.</summary>
    internal void Scale(float by)
    {
        GatherAll();
        // Distances from the best, as Weigh takes them, so that it makes no difference which of the two scales: what is left out is the offset.
        for (int i = 0; i < Count; i += 8)
        {
            ((Vector256.Load(LogitMemory + i) - Vector256.Create(Best)) * Vector256.Create(by)).Store(LogitMemory + i);
        }
        _offset = (_offset + Best) * by;
        _lowest = float.MinValue;
        Best = 0;
    }

    /// <summary>Changes the candidates' logits by what a step has marked. They may then be in any order.</summary>
    internal void Change(ILogitStep step)
    {
        GatherAll();
        for (int i = 0; i < Count; i++)
        {
            if (Marks.Of(IdMemory[i]) is int mark and not 0)
            {
                LogitMemory[i] = LogitMask.Limit(step.Change(LogitMemory[i] + _offset, mark) - _offset);
            }
        }
        FindBest();
    }

    /// <summary>The candidates' logits have changed: which is the highest.</summary>
    internal void FindBest()
    {
        float best = float.MinValue;
        foreach (float logit in Logits)
        {
            best = logit > best ? logit : best;
        }
        Best = best;
        _lowest = float.MinValue;
    }

    /// <summary>The candidate at which the weights, in order of the ids, pass <paramref name="mass"/>.</summary>
    internal int Pick(double mass) => IdMemory[PickIndex(mass)];

    /// <summary>Its place among the candidates.</summary>
    internal int PickIndex(double mass)
    {
        int block = FindBlock(ref mass, (Count + BlockSize - 1) / BlockSize);
        return (block * BlockSize) + Find(Weights + (block * BlockSize), mass);
    }

    private Cut FindCut(float* weights, double target)
    {
        // Further down than 87 nothing weighs anything, and a search need not begin there.
        float lowest = Math.Max(_lowest, Best - 87);
        return Cut.Find(LogitMemory, weights, Count, target, (lowest, Best), ((nint)OtherLogits, (nint)OtherWeights), _bins);
    }

    private void Keep(Cut cut)
    {
        if (cut.Key == 0)
        {
            return;
        }
        float least = Cut.LogitOf(cut.Key);
        KeepAtLeast(least);
        int equal = Count - (int)Sieve.Sum(LogitMemory, null, Count, MathF.BitIncrement(least));
        if (equal <= cut.Ties)
        {
            return;
        }
        int ties = cut.Ties;
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (LogitMemory[i] != least || ties-- > 0)
            {
                IdMemory[kept] = IdMemory[i];
                LogitMemory[kept++] = LogitMemory[i];
            }
        }
        Count = kept;
    }
}
