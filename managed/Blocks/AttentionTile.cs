using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>
/// Attention of a few rows, all query heads of one key/value head, over its keys and values: block after block of 64 keys, merged in order
/// within stretches of 512 keys, then stretch after stretch. Stretches can be computed side by side; every way to cut the work gives the same bits.
/// </summary>
internal readonly unsafe struct AttentionTile
{
    /// <summary>Rows that share a converted block of keys and values.</summary>
    public const int Rows = 16;

    /// <summary>Keys of a stretch: like the block, a constant of the arithmetic.</summary>
    public const int StretchKeys = 8 * KeyBlock.Keys;

    // Below this many queries converting a block costs more than it saves.
    private const int ConvertFrom = 12;

    private readonly KvCache _cache;
    private readonly int _layer;
    private readonly int _kvHead;
    private readonly int _group;
    private readonly int _headSize;
    private readonly int _valueSize;
    private readonly float* _keys;
    private readonly float* _values;
    private readonly float* _scores;
    private readonly float* _partial;
    private readonly AttentionState _total;
    private readonly AttentionState _stretch;

    /// <param name="scratch">Room of <see cref="ScratchBytes"/>.</param>
    /// <param name="cache">The sequence.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="kvHead">The key/value head.</param>
    /// <param name="group">Query heads that share it.</param>
    public AttentionTile(byte* scratch, KvCache cache, int layer, int kvHead, int group)
    {
        _cache = cache;
        _layer = layer;
        _kvHead = kvHead;
        _group = group;
        _headSize = cache.Layout.HeadSize;
        _valueSize = cache.Layout.ValueSize;
        int queries = Rows * group;
        _keys = (float*)scratch;
        _values = _keys + KeyBlock.Keys * _headSize;
        _scores = _values + KeyBlock.Keys * _valueSize;
        _partial = _scores + 4 * KeyBlock.Keys;
        _total = new AttentionState(_partial + 4 * _valueSize, queries, _valueSize);
        _stretch = new AttentionState(_partial + 4 * _valueSize + AttentionState.Floats(queries, _valueSize), queries, _valueSize);
    }

    /// <summary>Bytes of scratch for heads of `headSize` and `group` query heads a key/value head.</summary>
    public static long ScratchBytes(int headSize, int group)
    {
        int valueSize = (headSize + 15) / 16 * 16;
        return sizeof(float) * (KeyBlock.Keys * (headSize + valueSize) + 4 * (KeyBlock.Keys + valueSize) + 2 * AttentionState.Floats(Rows * group, valueSize));
    }

    /// <summary>Stretches that a row at `position` looks at.</summary>
    public static int Stretches(int position) => position / StretchKeys + 1;

    /// <summary>Attends `count` rows (up to <see cref="Rows"/>) at `position` and after. Rows of queries (group · head size) and of results
    /// lie `stride` and `outputStride` apart. `next`: the keys that this thread will look at afterwards, or null.</summary>
    public void Attend(float* queries, long stride, int count, int position, float* output, long outputStride, byte* next = null)
    {
        int total = count * _group, stretches = Stretches(position + count - 1);
        AttendStretch(queries, stride, count, position, 0, _total, next);
        for (int stretch = 1; stretch < stretches; stretch++)
        {
            AttendStretch(queries, stride, count, position, stretch, _stretch, next);
            _total.Merge(_stretch, total);
        }
        Finish(_total, total, output, outputStride);
    }

    /// <summary>The state of the rows' queries after one stretch alone.</summary>
    public void AttendStretch(float* queries, long stride, int count, int position, int stretch, AttentionState state, byte* next = null)
    {
        state.Clear(count * _group);
        int first = stretch * (StretchKeys / KeyBlock.Keys);
        int lastBlock = (position + count - 1) / KeyBlock.Keys, last = Math.Min(first + StretchKeys / KeyBlock.Keys, lastBlock + 1);
        for (int block = first; block < last; block++)
        {
            CacheBlock part = _cache.Block(_layer, _kvHead, block);
            byte* following = block < lastBlock ? _cache.Block(_layer, _kvHead, block + 1).Keys : next;
            long ahead = following == null ? 0 : following - part.Keys;
            switch (_cache.Layout.Type)
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
        for (int i = 0; i < total; i++)
            KeyBlock.Finish(state.Running + i * _valueSize, state.Sums[i], _headSize, output + i / _group * outputStride + i % _group * _headSize);
    }

    /// <summary>Many queries share a converted block; few convert as they go. The same numbers either way.</summary>
    private void AttendPart<T>(in CacheBlock part, float* queries, long stride, int count, int position, int block, long ahead, AttentionState state)
        where T : unmanaged, ICacheElement
    {
        if (count * _group < ConvertFrom)
        {
            AttendBlock<T>(part, queries, stride, count, position, block, ahead, state);
            return;
        }
        AttentionKernel<T>.Convert(part, _headSize, _valueSize, _keys, _values);
        CacheBlock converted = new((byte*)_keys, null, (byte*)_values, null);
        AttendBlock<SingleElement>(converted, queries, stride, count, position, block, 0, state);
    }

    private void AttendBlock<T>(in CacheBlock part, float* queries, long stride, int count, int position, int block, long ahead, AttentionState state)
        where T : unmanaged, ICacheElement
    {
        int blockStart = block * KeyBlock.Keys;
        float* maxima = stackalloc float[4], sums = stackalloc float[4];
        // Queries of all rows and heads in one line, four at a time.
        for (int first = Math.Max(0, blockStart - position) * _group; first < count * _group; first += 4)
        {
            int n = Math.Min(4, count * _group - first);
            // The last query sees the most keys.
            int keyCount = Math.Min(KeyBlock.Keys, position + (first + n - 1) / _group + 1 - blockStart);
            Four four = new() { Count = n, A = Query(queries, stride, first) };
            if (n > 1)
                four.B = Query(queries, stride, first + 1);
            if (n > 2)
                four.C = Query(queries, stride, first + 2);
            if (n > 3)
                four.D = Query(queries, stride, first + 3);
            AttentionKernel<T>.Scores(part, four, keyCount, _headSize, ahead, _scores);
            for (int i = 0; i < n; i++)
                KeyBlock.Softmax(_scores + i * KeyBlock.Keys, Math.Min(KeyBlock.Keys, position + (first + i) / _group + 1 - blockStart), maxima + i, sums + i);
            // A row that sees fewer keys than another of the four has zero weights for the rest: exact zeros are added.
            AttentionKernel<T>.WeightedSum(part, _scores, n, keyCount, _valueSize, ahead, _partial);
            ahead = 0;
            KeyBlock.Merge(state.Maxima + first, state.Sums + first, state.Running + first * _valueSize, maxima, sums, _partial, _valueSize, n);
        }
    }

    private float* Query(float* queries, long stride, int index) =>
        index < _group ? queries + index * _headSize : queries + index / _group * stride + index % _group * _headSize;
}
