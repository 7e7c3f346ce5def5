using System.Runtime.InteropServices;

namespace Realm.Tokenizers;

/// <summary>
/// Byte-pair encoding of a long word; a run of one letter is one word, so it may be megabytes. Pairs are kept by rank, and
/// all pairs of the lowest rank are merged from left to right before the next rank is looked for: O(n log n) at worst,
/// and mostly one walk through memory a rank, where a queue of all pairs would jump about.
/// </summary>
internal ref struct LongWordMerger
{
    private readonly MergeTable _merges;
    private readonly Span<int> _symbols;
    private readonly Span<int> _ranks;      // of the pair that begins here; None when there is none
    private readonly Span<int> _nexts;      // the right neighbour; the length at the end
    private readonly Span<int> _previous;   // the left neighbour; -1 at the beginning
    private readonly Dictionary<int, Pairs> _byRank = [];
    private readonly PriorityQueue<int, int> _order = new();

    // Entries of the lists in _byRank. A symbol is entered once at first and at most twice a merge.
    private readonly Span<int> _positions;
    private readonly Span<int> _links;
    private int _entries;

    private LongWordMerger(MergeTable merges, Span<int> symbols, int[] memory)
    {
        int count = symbols.Length;
        _merges = merges;
        _symbols = symbols;
        _ranks = memory.AsSpan(0, count);
        _nexts = memory.AsSpan(count, count);
        _previous = memory.AsSpan(checked(count * 2), count);
        _positions = memory.AsSpan(checked(count * 3), checked(count * 3));
        _links = memory.AsSpan(checked(count * 6), checked(count * 3));
    }

    /// <summary>The most symbols in a word: the tables need nine numbers a symbol, in one array.</summary>
    public static int MaxLength => Array.MaxLength / 9;

    /// <summary>Merges <paramref name="symbols"/> in place and returns how many are left.</summary>
    public static int Merge(MergeTable merges, Span<int> symbols)
    {
        if (symbols.Length > MaxLength)
        {
            throw new RealmException(ErrorCode.Limit, $"a word of {symbols.Length} bytes is too long to tokenize; at most {MaxLength}");
        }
        // Not from a pool, which would keep the memory of one huge word.
        int[] memory = GC.AllocateUninitializedArray<int>(symbols.Length * 9);
        return new LongWordMerger(merges, symbols, memory).Run();
    }

    private int Run()
    {
        int count = _symbols.Length;
        for (int i = 0; i < count; i++)
        {
            _nexts[i] = i + 1;
            _previous[i] = i - 1;
        }
        Pairs none = default;
        for (int i = 0; i < count; i++)
        {
            Enter(i, MergeTable.None, ref none);
        }
        while (_order.TryDequeue(out int rank, out _))
        {
            _byRank.Remove(rank, out Pairs pairs);
            if (!pairs.Ascending)
            {
                Sort(pairs);
            }
            MergeAll(pairs, rank);
        }
        int kept = 0;
        for (int i = 0; i < count; i = _nexts[i])
        {
            _symbols[kept++] = _symbols[i];
        }
        return kept;
    }

    /// <summary>
    /// Merges the pairs of one rank, from left to right. Where several pairs have one rank (SentencePiece scores), one may arise
    /// meanwhile: at most where the last was merged, so it is the leftmost and comes next. One of a lower rank arises in odd files,
    /// and then it comes first and the rest of this list later.
    /// </summary>
    private void MergeAll(Pairs pairs, int rank)
    {
        while (pairs.Count > 0)
        {
            int left = _positions[pairs.First];
            pairs.First = --pairs.Count > 0 ? _links[pairs.First] : -1;
            if (_ranks[left] != rank)
            {
                continue; // its pair has changed since
            }
            int right = _nexts[left];
            _merges.Find(_symbols[left], _symbols[right], out _symbols[left]);
            _ranks[right] = MergeTable.None;
            int after = _nexts[left] = _nexts[right];
            if (after < _symbols.Length)
            {
                _previous[after] = left;
            }
            int lowest = Enter(left, rank, ref pairs);
            if (_previous[left] >= 0)
            {
                lowest = Math.Min(lowest, Enter(_previous[left], rank, ref pairs));
            }
            if (lowest < rank && pairs.Count > 0)
            {
                _byRank.Add(rank, pairs with { Ascending = true });
                _order.Enqueue(rank, rank);
                return;
            }
        }
    }

    /// <summary>Puts the positions of a list in ascending order.</summary>
    private void Sort(Pairs pairs)
    {
        var sorted = new int[pairs.Count];
        for (int i = 0, entry = pairs.First; i < sorted.Length; entry = _links[entry])
        {
            sorted[i++] = _positions[entry];
        }
        sorted.AsSpan().Sort();
        for (int i = 0, entry = pairs.First; i < sorted.Length; entry = _links[entry])
        {
            _positions[entry] = sorted[i++];
        }
    }

    /// <summary>Notes the pair that begins at a position, at the front of a list if it has that list's rank; returns its rank.</summary>
    private int Enter(int at, int current, ref Pairs pairs)
    {
        int next = _nexts[at];
        int rank = next < _symbols.Length ? _merges.Find(_symbols[at], _symbols[next], out _) : MergeTable.None;
        _ranks[at] = rank;
        if (rank == MergeTable.None)
        {
            return rank;
        }
        if (rank != current)
        {
            List(at, rank);
            return rank;
        }
        int entry = _entries++;
        _positions[entry] = at;
        _links[entry] = pairs.First;
        pairs.Last = pairs.Count == 0 ? entry : pairs.Last;
        pairs.First = entry;
        pairs.Count++;
        return rank;
    }

    private void List(int at, int rank)
    {
        ref Pairs pairs = ref CollectionsMarshal.GetValueRefOrAddDefault(_byRank, rank, out bool exists);
        int entry = _entries++;
        _positions[entry] = at;
        if (exists)
        {
            _links[pairs.Last] = entry;
            pairs.Ascending &= at > _positions[pairs.Last];
        }
        else
        {
            pairs = new Pairs { First = entry, Ascending = true };
            _order.Enqueue(rank, rank);
        }
        pairs.Last = entry;
        pairs.Count++;
    }

    /// <summary>The positions of one rank: a list through the entries.</summary>
    private struct Pairs
    {
        public int First;
        public int Last;
        public int Count;
        public bool Ascending;
    }
}
