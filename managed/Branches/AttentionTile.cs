using Realm.Kernels;
using Realm.State;

namespace Realm.Branches;

/// <summary>
/// Attention of a few rows, some query heads of one key/value head, over its keys and values: block after block of 64 keys, merged in order
/// within splits of 512 keys, then split after split. Blocks and splits stand at multiples of their size, so that what a query adds up, and in which
/// order, depends on its position alone; every way to cut the work gives the same bits.
/// </summary>
internal readonly unsafe struct AttentionTile
{
    /// <summary>Rows that share a converted block of keys and values.</summary>
    public const int Rows = 16;

    /// <summary>Query heads of a tile at most.</summary>
    public const int MostHeads = 16;

    /// <summary>Keys of a split: like the block, a constant of the arithmetic.</summary>
    public const int SplitKeys = 8 * KeyBlock.Keys;

    // Below this many queries converting a block costs more than it saves.
    private const int ConvertFrom = 12;

    private readonly AttentionFacts _facts;
    private readonly KeyValueSlot _slot;
    private readonly SequenceState _state;
    private readonly int _kvHead;
    private readonly int _firstHead;
    private readonly int _heads;
    private readonly int _queryStep;
    private readonly int _length;
    private readonly int _keySize;
    private readonly int _valueSize;
    private readonly float* _keys;
    private readonly float* _values;
    private readonly float* _scores;
    private readonly float* _partial;
    private readonly AttentionState _total;
    private readonly AttentionState _split;

    /// <param name="scratch">Room of <see cref="ScratchBytes"/>.</param>
    /// <param name="facts">The layer's attention.</param>
    /// <param name="slot">Where its keys and values lie.</param>
    /// <param name="state">The sequence.</param>
    /// <param name="length">Positions of the sequence after the pass.</param>
    /// <param name="kvHead">The key/value head.</param>
    /// <param name="firstHead">The first of the query heads.</param>
    /// <param name="heads">How many query heads, up to <see cref="MostHeads"/>.</param>
    /// <param name="queryStep">Numbers from one query head to the next.</param>
    public AttentionTile(byte* scratch, AttentionFacts facts, KeyValueSlot slot, SequenceState state, int length, int kvHead, int firstHead, int heads, int queryStep)
    {
        _facts = facts;
        _slot = slot;
        _state = state;
        _length = length;
        _kvHead = kvHead;
        _firstHead = firstHead;
        _heads = heads;
        _queryStep = queryStep;
        _keySize = slot.KeySize;
        _valueSize = slot.StoredValueSize;
        int queries = checked(Rows * heads);
        _keys = (float*)scratch;
        _values = _keys + KeyBlock.Keys * _keySize;
        _scores = _values + KeyBlock.Keys * _valueSize;
        _partial = _scores + 4 * KeyBlock.Keys;
        _total = new AttentionState(_partial + 4 * _valueSize, queries, _valueSize);
        _split = new AttentionState(_partial + 4 * _valueSize + AttentionState.Floats(queries, _valueSize), queries, _valueSize);
    }

    /// <summary>Bytes of scratch for keys and values of these sizes and `heads` query heads.</summary>
    public static long ScratchBytes(KeyValueSlot slot, int heads) => checked((long)sizeof(float) * ((long)KeyBlock.Keys * (slot.KeySize + slot.StoredValueSize)
        + 4 * (KeyBlock.Keys + slot.StoredValueSize) + 2 * AttentionState.Floats(Rows * heads, slot.StoredValueSize)));

    /// <summary>Splits up to the last that a row sees whose keys end at `end`.</summary>
    public static int Splits(int end) => (end - 1) / SplitKeys + 1;

    /// <summary>Attends `count` rows (up to <see cref="Rows"/>) at `position` and after. Rows of queries and of results
    /// lie `stride` and `outputStride` apart. `next`: the keys that this thread will look at afterwards, or null.</summary>
    public void Attend(float* queries, long stride, int count, int position, float* output, long outputStride, byte* next = null)
    {
        int total = count * _heads, first = _facts.Sees.First(position) / SplitKeys, splits = Splits(_facts.Sees.End(position + count - 1, _length));
        AttendSplit(queries, stride, count, position, first, _total, next);
        for (int split = first + 1; split < splits; split++)
        {
            AttendSplit(queries, stride, count, position, split, _split, next);
            _total.Merge(_split, total);
        }
        Finish(_total, total, output, outputStride);
    }

    /// <summary>The state of the rows' queries after one split alone.</summary>
    public void AttendSplit(float* queries, long stride, int count, int position, int split, AttentionState state, byte* next = null)
    {
        const int Blocks = SplitKeys / KeyBlock.Keys;
        state.Clear(count * _heads);
        int firstSeen = _facts.Sees.First(position) / KeyBlock.Keys, lastSeen = (_facts.Sees.End(position + count - 1, _length) - 1) / KeyBlock.Keys;
        int last = Math.Min((split + 1) * Blocks, lastSeen + 1);
        for (int block = Math.Max(split * Blocks, firstSeen); block < last; block++)
        {
            CacheBlock part = _state.Block(_slot, _kvHead, block);
            byte* following = block < lastSeen ? _state.Block(_slot, _kvHead, block + 1).Keys : next;
            long ahead = following == null ? 0 : following - part.Keys;
            switch (_slot.Type)
            {
                case CacheType.F16:
                    AttendPart<HalfElement>(part, queries, stride, count, position, block, ahead, state);
                    break;
                case CacheType.F32:
                    AttendBlock<SingleElement>(part, queries, stride, count, position, block, ahead, state);
                    break;
                default:
                    AttendPart<ByteElement>(part, queries, stride, count, position, block, ahead, state);
                    break;
            }
        }
    }

    /// <summary>The results of `total` queries: rows `outputStride` apart.</summary>
    public void Finish(AttentionState state, int total, float* output, long outputStride)
    {
        int size = _slot.ValueSize;
        for (int i = 0; i < total; i++)
        {
            if (_facts.Sinks is { } sinks)
                state.MergeSink(i, sinks[_firstHead + i % _heads]);
            KeyBlock.Finish(state.Running + (long)i * _valueSize, state.Sums[i], size, output + i / _heads * outputStride + (long)(i % _heads) * size);
        }
    }

    /// <summary>Many queries share a converted block; few convert as they go. The same numbers either way.</summary>
    private void AttendPart<T>(in CacheBlock part, float* queries, long stride, int count, int position, int block, long ahead, AttentionState state)
        where T : unmanaged, ICacheElement
    {
        if (count * _heads < ConvertFrom)
        {
            AttendBlock<T>(part, queries, stride, count, position, block, ahead, state);
            return;
        }
        AttentionKernel<T>.Convert(part, _keySize, _valueSize, _keys, _values);
        CacheBlock converted = new((byte*)_keys, null, (byte*)_values, null);
        AttendBlock<SingleElement>(converted, queries, stride, count, position, block, 0, state);
    }

    private void AttendBlock<T>(in CacheBlock part, float* queries, long stride, int count, int position, int block, long ahead, AttentionState state)
        where T : unmanaged, ICacheElement
    {
        int blockStart = block * KeyBlock.Keys;
        float* maxima = stackalloc float[4], sums = stackalloc float[4];
        (int firstRow, int lastRow) = RowsThatSee(blockStart, position, count);
        // Queries of all rows and heads in one line, four at a time.
        for (int first = firstRow * _heads; first < lastRow * _heads; first += 4)
        {
            int n = Math.Min(4, lastRow * _heads - first);
            // The last query sees the most keys.
            int keyCount = Math.Min(KeyBlock.Keys, _facts.Sees.End(position + (first + n - 1) / _heads, _length) - blockStart);
            Four four = new() { Count = n, A = Query(queries, stride, first) };
            if (n > 1)
                four.B = Query(queries, stride, first + 1);
            if (n > 2)
                four.C = Query(queries, stride, first + 2);
            if (n > 3)
                four.D = Query(queries, stride, first + 3);
            AttentionKernel<T>.Scores(part, four, keyCount, _keySize, ahead, _scores);
            for (int i = 0; i < n; i++)
                Weigh(_scores + i * KeyBlock.Keys, first + i, position, blockStart, maxima + i, sums + i);
            // A row that sees fewer keys than another of the four has zero weights for the rest: exact zeros are added.
            AttentionKernel<T>.WeightedSum(part, _scores, n, keyCount, _valueSize, ahead, _partial);
            ahead = 0;
            KeyBlock.Merge(state.Maxima + first, state.Sums + first, state.Running + (long)first * _valueSize, maxima, sums, _partial, _valueSize, n);
        }
    }

    /// <summary>The rows that see a key of the block: those before see none yet, those behind none any more.</summary>
    private (int First, int Last) RowsThatSee(int blockStart, int position, int count)
    {
        int first = 0, last = count;
        while (first < count && _facts.Sees.End(position + first, _length) <= blockStart)
            first++;
        while (last > first && _facts.Sees.First(position + last - 1) >= blockStart + KeyBlock.Keys)
            last--;
        return (first, last);
    }

    /// <summary>Scores to weights: rule, visibility, softmax.</summary>
    private void Weigh(float* scores, int query, int position, int blockStart, float* maximum, float* sum)
    {
        int at = position + query / _heads;
        _facts.Score?.Apply(scores, _firstHead + query % _heads, at, blockStart);
        int hidden = Math.Min(KeyBlock.Keys, _facts.Sees.First(at) - blockStart);
        for (int i = 0; i < hidden; i++)
            scores[i] = float.NegativeInfinity;
        KeyBlock.Softmax(scores, Math.Min(KeyBlock.Keys, _facts.Sees.End(at, _length) - blockStart), maximum, sum);
    }

    private float* Query(float* queries, long stride, int index) =>
        index < _heads ? queries + (long)index * _queryStep : queries + index / _heads * stride + (long)(index % _heads) * _queryStep;
}
