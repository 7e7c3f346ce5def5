using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>
/// What choosing a token needs beside the logits: allocated once a vocabulary, used by one thread at a time, shared by all samplers of a
/// thread. Reads the logits in blocks of <see cref="LogitBlock.Size"/> and remembers each block's best, so that later passes skip most of them.
/// </summary>
public sealed unsafe partial class SamplerScratch : IDisposable
{
    private const int BlockSize = LogitBlock.Size;

    private readonly double[] _bins = new double[Cut.Bins];
    private readonly int _blocks;
    private float* _logits;
    private float* _memory;
    private TokenMarks? _marks;

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
            _memory = (float*)SystemMemory.AllocateLines((long)floats * sizeof(float));
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

    /// <summary>Numbers beside the tokens for the steps that look back; made when the first of them asks.</summary>
    internal TokenMarks Marks => _marks ??= new TokenMarks(Vocabulary);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// The first pass, and the only one that reads every logit in any case: each block's best, and whether all are finite. What is not allowed
    /// becomes <see cref="LogitMask.Forbidden"/> before that, so no later pass takes it.
    /// </summary>
    /// <param name="logits">(vocabulary), read again by the other passes until the next scan.</param>
    /// <param name="mask">(vocabulary) bits of the tokens that are allowed, or null: all.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.Numeric"/> naming the first logit that is not finite;
    /// <see cref="ErrorCode.InvalidArgument"/>: nothing is allowed, by the mask or because every logit is <see cref="LogitMask.Forbidden"/> already.</exception>
    internal void Scan(float* logits, ulong* mask = null)
    {
        _logits = logits;
        _isGathered = false;
        _offset = 0;
        if (mask != null)
        {
            LogitMask.Apply(logits, Vocabulary, mask);
        }
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
        if (best <= LogitMask.Forbidden)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"none of the {Vocabulary} tokens is allowed");
        }
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
        SystemMemory.FreeLines(_memory);
        _memory = null;
        _marks?.Dispose();
    }
}
