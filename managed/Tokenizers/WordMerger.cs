using System.Buffers;

namespace Realm.Tokenizers;

/// <summary>
/// Byte-pair encoding of one word: while any two neighbours merge, merge those of the lowest rank, the leftmost of
/// equals. O(n log n) in the word's length; words may be a megabyte long (a run of one letter is one word).
/// </summary>
internal static class WordMerger
{
    /// <summary>Up to here, searching all pairs for each merge is quicker than keeping a queue.</summary>
    private const int Short = 32;

    /// <summary>Merges <paramref name="symbols"/> in place and returns how many are left.</summary>
    public static int Merge(MergeTable merges, Span<int> symbols) =>
        symbols.Length <= Short ? MergeShort(merges, symbols) : MergeLong(merges, symbols);

    private static int MergeShort(MergeTable merges, Span<int> symbols)
    {
        // ranks[i], results[i]: of the pair (i, i + 1).
        Span<int> ranks = stackalloc int[Short];
        Span<int> results = stackalloc int[Short];
        int count = symbols.Length;
        for (int i = 0; i + 1 < count; i++)
        {
            ranks[i] = merges.Find(symbols[i], symbols[i + 1], out results[i]);
        }
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i < count - 1; i++)
            {
                if (ranks[i] < ranks[best])
                {
                    best = i;
                }
            }
            if (ranks[best] == MergeTable.None)
            {
                break;
            }
            symbols[best] = results[best];
            count--;
            symbols[(best + 2)..(count + 1)].CopyTo(symbols[(best + 1)..]);
            ranks[(best + 1)..count].CopyTo(ranks[best..]);
            results[(best + 1)..count].CopyTo(results[best..]);
            if (best > 0)
            {
                ranks[best - 1] = merges.Find(symbols[best - 1], symbols[best], out results[best - 1]);
            }
            if (best + 1 < count)
            {
                ranks[best] = merges.Find(symbols[best], symbols[best + 1], out results[best]);
            }
        }
        return count;
    }

    private static int MergeLong(MergeTable merges, Span<int> symbols)
    {
        int count = symbols.Length;
        int[] rented = ArrayPool<int>.Shared.Rent(count * 3);
        Span<int> ranks = rented.AsSpan(0, count);          // of the pair that begins at i, None when there is none
        Span<int> nexts = rented.AsSpan(count, count);      // the right neighbour, count at the end
        Span<int> previous = rented.AsSpan(2 * count, count);
        var queue = new PriorityQueue<int, ulong>(count);
        try
        {
            for (int i = 0; i < count; i++)
            {
                nexts[i] = i + 1;
                previous[i] = i - 1;
                ranks[i] = i + 1 < count ? merges.Find(symbols[i], symbols[i + 1], out _) : MergeTable.None;
                Push(i, ranks);
            }
            while (queue.TryDequeue(out int left, out ulong priority))
            {
                // Stale when its pair has changed since. A rank belongs to one pair only, so an equal one is as good.
                if (ranks[left] != (int)(priority >> 32))
                {
                    continue;
                }
                int right = nexts[left];
                merges.Find(symbols[left], symbols[right], out symbols[left]);
                ranks[right] = MergeTable.None;
                int after = nexts[left] = nexts[right];
                ranks[left] = MergeTable.None;
                if (after < count)
                {
                    previous[after] = left;
                    ranks[left] = merges.Find(symbols[left], symbols[after], out _);
                    Push(left, ranks);
                }
                int before = previous[left];
                if (before >= 0)
                {
                    ranks[before] = merges.Find(symbols[before], symbols[left], out _);
                    Push(before, ranks);
                }
            }
            int kept = 0;
            for (int i = 0; i < count; i = nexts[i])
            {
                symbols[kept++] = symbols[i];
            }
            return kept;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }

        void Push(int i, Span<int> ranks)
        {
            if (ranks[i] != MergeTable.None)
            {
                queue.Enqueue(i, ((ulong)(uint)ranks[i] << 32) | (uint)i);
            }
        }
    }
}
