using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>
/// What choosing a token needs beside the logits: allocated once a vocabulary, used by one thread at a time, shared by all samplers of a
/// thread. Reads the logits in blocks of <see cref="LogitBlock.Size"/> and remembers each block's best, so that later passes skip most of them.
/// </summary>
public sealed unsafe class SamplerScratch : IDisposable
{
    private const int BlockSize = LogitBlock.Size;

    private readonly double[] _bins = new double[Cut.Bins];
    private readonly int _blocks;
    private float* _logits;
    private float* _memory;
    private float _lowest;

    /// <summary>Scratch for a vocabulary of this size.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.OutOfMemory"/>.</exception>
    public SamplerScratch(int vocabulary)
    {
        Vocabulary = vocabulary;
        _blocks = (vocabulary + BlockSize - 1) / BlockSize;
        // Of the candidates: [ids | logits | weights | logits and weights that Cut looks at], then
        // [last block, padded | sum of each block (double) | best of each block].
        nuint floats = ((nuint)List * 5) + BlockSize + (nuint)(3 * _blocks);
        try
        {
            _memory = (float*)NativeMemory.AlignedAlloc(floats * sizeof(float), 64);
        }
        catch (OutOfMemoryException)
        {
            throw new RealmException(ErrorCode.OutOfMemory, $"no memory for sampling from a vocabulary of {vocabulary}: {floats * sizeof(float)} bytes");
        }
    }

    /// <summary>Gives the memory back if nobody did.</summary>
    ~SamplerScratch() => Free();

    /// <summary>Logits that <see cref="Scan"/> takes.</summary>
    public int Vocabulary { get; }

    /// <summary>The highest logit of the last scan.</summary>
    internal float Best { get; private set; }

    /// <summary>Candidates gathered: their number, and ids (ascending), logits and weights beside each other.</summary>
    internal int Count { get; private set; }

    internal ReadOnlySpan<int> Ids => new(IdMemory, Count);

    // Room for a list: all tokens of whole blocks, and what Sieve may overwrite.
    private int List => (_blocks + 1) * BlockSize;

    private int* IdMemory => (int*)_memory;

    private float* LogitMemory => _memory + List;

    private float* Weights => LogitMemory + List;

    private float* OtherLogits => Weights + List;

    private float* OtherWeights => OtherLogits + List;

    private float* Tail => OtherWeights + List;

    private double* Sums => (double*)(Tail + BlockSize);

    private float* Bests => (float*)(Sums + _blocks);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// The first pass, and the only one that reads every logit in any case: each block's best, and whether all are finite. A mask over the
    /// vocabulary, if there shall be one, belongs here, before the best is taken: all later passes skip what this one has not let through.
    /// </summary>
    /// <param name="logits">(vocabulary), read again by the other passes until the next scan.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.Numeric"/> naming the first logit that is not finite.</exception>
    internal void Scan(float* logits)
    {
        _logits = logits;
        int rest = Vocabulary % BlockSize;
        if (rest > 0)
        {
            new Span<float>(Tail, BlockSize).Fill(float.MinValue);
            new ReadOnlySpan<float>(logits + (Vocabulary - rest), rest).CopyTo(new Span<float>(Tail, BlockSize));
        }
        int whole = Vocabulary / BlockSize;
        if (!(LogitBlock.Bests(logits, whole, Bests) & LogitBlock.Bests(Tail, _blocks - whole, Bests + whole)))
        {
            throw NotFinite();
        }
        float best = float.MinValue;
        for (int i = 0; i < _blocks; i++)
        {
            best = Bests[i] > best ? Bests[i] : best;
        }
        Best = best;
    }

    /// <summary>The lowest id among the best.</summary>
    internal int IndexOfBest()
    {
        int block = 0;
        while (Bests[block] != Best)
        {
            block++;
        }
        float* logits = Block(block);
        int i = 0;
        while (logits[i] != Best)
        {
            i++;
        }
        return (block * BlockSize) + i;
    }

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

    /// <summary>Between which two numbers <see cref="WeighAll"/> with scale 1 lies.</summary>
    /// <param name="exactly">They shall be one.</param>
    internal (double Low, double High) EstimateAll(bool exactly)
    {
        if (exactly)
        {
            double exact = WeighAll(1);
            return (exact, exact);
        }
        int whole = Vocabulary / BlockSize;
        double sum = WeightSums.Estimate(_logits, whole, Best) + WeightSums.Estimate(Tail, _blocks - whole, Best);
        return (sum * (1 - WeightSums.EstimateError), sum * (1 + WeightSums.EstimateError));
    }

    /// <summary>The sum of e^((logit - best) * scale) over the whole vocabulary; <see cref="PickFromAll"/> may follow.</summary>
    internal double WeighAll(float scale)
    {
        int whole = Vocabulary / BlockSize;
        WeightSums.Compute(_logits, whole, Best, scale, Sums);
        WeightSums.Compute(Tail, _blocks - whole, Best, scale, Sums + whole);
        double sum = 0;
        for (int i = 0; i < _blocks; i++)
        {
            sum += Sums[i];
        }
        return sum;
    }

    /// <summary>The token at which the weights of the whole vocabulary, in order of the ids, pass <paramref name="mass"/>.</summary>
    internal int PickFromAll(double mass, float scale)
    {
        int block = FindBlock(ref mass, _blocks);
        Weigh(Block(block), BlockSize, scale);
        return (block * BlockSize) + Find(Weights, mass);
    }

    /// <summary>The candidate at which the weights, in order of the ids, pass <paramref name="mass"/>.</summary>
    internal int Pick(double mass)
    {
        int block = FindBlock(ref mass, (Count + BlockSize - 1) / BlockSize);
        return IdMemory[(block * BlockSize) + Find(Weights + (block * BlockSize), mass)];
    }

    /// <summary>The block in which the sums pass a mass, of which what lies before it is taken off. Rounding may leave the walk short of the end:
    /// then the last block that weighs anything.</summary>
    private int FindBlock(ref double mass, int blocks)
    {
        int last = 0;
        for (int i = 0; i < blocks; i++)
        {
            if (Sums[i] > 0)
            {
                last = i;
                if (mass < Sums[i])
                {
                    break;
                }
                mass -= Sums[i];
            }
        }
        return last;
    }

    /// <summary>The same within a block.</summary>
    private static int Find(float* weights, double mass)
    {
        int last = 0;
        for (int i = 0; i < BlockSize; i++)
        {
            if (weights[i] > 0)
            {
                last = i;
                if (mass < weights[i])
                {
                    break;
                }
                mass -= weights[i];
            }
        }
        return last;
    }

    /// <summary>Sixteen at a time, so up to 15 too many, for which there is room; what they are does not matter.</summary>
    private void Weigh(float* logits, int count, float scale)
    {
        for (int i = 0; i < count; i += 16)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                TokenWeight.Compute((Vector512.Load(logits + i) - Vector512.Create(Best)) * Vector512.Create(scale)).Store(Weights + i);
                continue;
            }
            Vector256<float> best = Vector256.Create(Best), by = Vector256.Create(scale);
            TokenWeight.Compute((Vector256.Load(logits + i) - best) * by).Store(Weights + i);
            TokenWeight.Compute((Vector256.Load(logits + i + 8) - best) * by).Store(Weights + i + 8);
        }
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

    private float* Block(int i) => (i + 1) * BlockSize > Vocabulary ? Tail : _logits + (i * BlockSize);

    private RealmException NotFinite()
    {
        int i = 0;
        while (i < Vocabulary - 1 && float.IsFinite(_logits[i]))
        {
            i++;
        }
        return new RealmException(ErrorCode.Numeric, $"the model's logits are not finite: that of token {i} (of {Vocabulary}) is {_logits[i]}");
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
