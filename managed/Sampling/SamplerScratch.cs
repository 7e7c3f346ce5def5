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

    /// <summary>Scratch for a vocabulary of this size.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.OutOfMemory"/>.</exception>
    public SamplerScratch(int vocabulary)
    {
        Vocabulary = vocabulary;
        _blocks = (vocabulary + BlockSize - 1) / BlockSize;
        // [best of each block | sum of each block | last block, padded | ids | logits | weights] of the candidates
        nuint floats = (nuint)(2 * _blocks) + BlockSize + ((nuint)(_blocks * BlockSize) * 3);
        try
        {
            _memory = (float*)NativeMemory.Alloc(floats, sizeof(float));
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

    internal ReadOnlySpan<float> Logits => new(LogitMemory, Count);

    internal Span<float> Weights => new(LogitMemory + (_blocks * BlockSize), Count);

    private float* Bests => _memory;

    private float* Sums => _memory + _blocks;

    private float* Tail => _memory + (2 * _blocks);

    private int* IdMemory => (int*)(Tail + BlockSize);

    private float* LogitMemory => Tail + BlockSize + (_blocks * BlockSize);

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
        Vector256<int> largest = Vector256<int>.Zero;
        float best = float.NegativeInfinity;
        for (int i = 0; i < _blocks; i++)
        {
            float blockBest = LogitBlock.Best(Block(i), ref largest);
            Bests[i] = blockBest;
            best = blockBest > best ? blockBest : best;
        }
        if (Vector256.GreaterThanOrEqualAny(largest, Vector256.Create(LogitBlock.NotFinite)))
        {
            throw NotFinite();
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
    /// With fewer blocks than that, the lowest possible.</summary>
    internal float ThresholdFor(int count)
    {
        if (count > _blocks)
        {
            return float.MinValue;
        }
        ReadOnlySpan<float> bests = new(Bests, _blocks);
        uint key = Cut.AtCount(bests, count, _bins).Key;
        return BitConverter.UInt32BitsToSingle(key >= 0x80000000 ? key ^ 0x80000000 : ~key);
    }

    /// <summary>Makes all tokens with at least this logit the candidates, in order of their ids.</summary>
    internal void Gather(float threshold)
    {
        int* ids = IdMemory;
        float* kept = LogitMemory;
        int count = 0;
        Vector256<float> least = Vector256.Create(threshold);
        for (int i = 0; i < _blocks; i++)
        {
            if (!(Bests[i] >= threshold))
            {
                continue;
            }
            float* logits = Block(i);
            for (int j = 0; j < BlockSize; j += Vector256<float>.Count)
            {
                uint mask = Vector256.GreaterThanOrEqual(Vector256.Load(logits + j), least).ExtractMostSignificantBits();
                for (; mask != 0; mask &= mask - 1)
                {
                    int at = j + System.Numerics.BitOperations.TrailingZeroCount(mask);
                    ids[count] = (i * BlockSize) + at;
                    kept[count] = logits[at];
                    count++;
                }
            }
        }
        // The last block's padding, where even that reaches the threshold.
        while (count > 0 && ids[count - 1] >= Vocabulary)
        {
            count--;
        }
        Count = count;
    }

    /// <summary>Weighs the candidates: e^((logit - best) * scale).</summary>
    /// <returns>The sum, added in order of the ids.</returns>
    internal double Weigh(float scale)
    {
        float* logits = LogitMemory;
        float* weights = logits + (_blocks * BlockSize);
        Vector256<float> best = Vector256.Create(Best);
        Vector256<float> by = Vector256.Create(scale);
        // In eights, past the last one too: both arrays end at a whole block. What lies there is no candidate.
        for (int i = 0; i < Count; i += Vector256<float>.Count)
        {
            Exp.Compute((Vector256.Load(logits + i) - best) * by).Store(weights + i);
        }
        double sum = 0;
        for (int i = 0; i < Count; i++)
        {
            sum += weights[i];
        }
        return sum;
    }

    /// <summary>Keeps the best <paramref name="count"/> candidates; of equal ones those with lower ids.</summary>
    internal void KeepCount(int count)
    {
        if (count < Count)
        {
            Keep(Cut.AtCount(Logits, count, _bins));
        }
    }

    /// <summary>Keeps the best candidates until their weights reach <paramref name="mass"/>.</summary>
    internal void KeepMass(double mass) => Keep(Cut.AtMass(Logits, Weights, mass, _bins));

    /// <summary>Keeps candidates with at least this logit.</summary>
    internal void KeepAtLeast(float threshold) => Keep(new Cut(Cut.KeyOf(threshold), int.MaxValue));

    /// <summary>The sum of e^((logit - best) * scale) over the whole vocabulary; <see cref="PickFromAll"/> may follow.</summary>
    internal double WeighAll(float scale)
    {
        double sum = 0;
        for (int i = 0; i < _blocks; i++)
        {
            float block = LogitBlock.Sum(Block(i), Best, scale);
            Sums[i] = block;
            sum += block;
        }
        return sum;
    }

    /// <summary>The token at which the weights of the whole vocabulary, in order of the ids, pass <paramref name="mass"/>.</summary>
    internal int PickFromAll(double mass, float scale)
    {
        int block = 0;
        int last = 0;   // rounding may leave the walk short of the end: then the last block that weighs anything
        for (; block < _blocks; block++)
        {
            if (Sums[block] > 0)
            {
                last = block;
                if (mass < Sums[block])
                {
                    break;
                }
                mass -= Sums[block];
            }
        }
        block = Math.Min(block, last);
        float* logits = Block(block);
        int chosen = 0;
        for (int i = 0; i < BlockSize; i++)
        {
            float weight = Exp.Compute((logits[i] - Best) * scale);
            if (weight > 0)
            {
                chosen = i;
                if (mass < weight)
                {
                    break;
                }
                mass -= weight;
            }
        }
        return (block * BlockSize) + chosen;
    }

    /// <summary>The candidate at which the weights, in order of the ids, pass <paramref name="mass"/>.</summary>
    internal int Pick(double mass)
    {
        ReadOnlySpan<float> weights = Weights;
        int chosen = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                chosen = i;
                if (mass < weights[i])
                {
                    break;
                }
                mass -= weights[i];
            }
        }
        return Ids[chosen];
    }

    private void Keep(Cut cut)
    {
        int* ids = IdMemory;
        float* logits = LogitMemory;
        int ties = cut.Ties;
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            uint key = Cut.KeyOf(logits[i]);
            if (key > cut.Key || (key == cut.Key && ties-- > 0))
            {
                ids[kept] = ids[i];
                logits[kept] = logits[i];
                kept++;
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
        NativeMemory.Free(_memory);
        _memory = null;
    }
}
