namespace Realm.Tokenizers;

/// <summary>
/// As <see cref="LongWordMerger"/> where several pairs may have one rank (SentencePiece scores): always the leftmost of the
/// lowest rank, from a queue of pairs. O(n log n).
/// </summary>
internal static class TiedWordMerger
{
    /// <summary>Merges <paramref name="symbols"/> in place and returns how many are left.</summary>
    public static int Merge(MergeTable merges, Span<int> symbols)
    {
        int count = symbols.Length;
        Span<int> ranks = new int[count];       // of the pair that begins here, None when there is none
        Span<int> nexts = new int[count];       // the right neighbour; the length at the end
        Span<int> previous = new int[count];    // the left neighbour; -1 at the beginning
        var queue = new PriorityQueue<int, ulong>(count);
        for (int i = 0; i < count; i++)
        {
            nexts[i] = i + 1;
            previous[i] = i - 1;
        }
        for (int i = 0; i < count; i++)
        {
            Enter(i, symbols, ranks, nexts);
        }
        while (queue.TryDequeue(out int left, out ulong priority))
        {
            // Stale when its pair has changed to one of another rank. Of the same rank: as good as the entry that it has.
            if (ranks[left] != (int)(priority >> 32))
            {
                continue;
            }
            int right = nexts[left];
            merges.Find(symbols[left], symbols[right], out symbols[left]);
            ranks[right] = MergeTable.None;
            int after = nexts[left] = nexts[right];
            if (after < count)
            {
                previous[after] = left;
            }
            Enter(left, symbols, ranks, nexts);
            if (previous[left] >= 0)
            {
                Enter(previous[left], symbols, ranks, nexts);
            }
        }
        int kept = 0;
        for (int i = 0; i < count; i = nexts[i])
        {
            symbols[kept++] = symbols[i];
        }
        return kept;

        void Enter(int at, ReadOnlySpan<int> symbols, Span<int> ranks, ReadOnlySpan<int> nexts)
        {
            int next = nexts[at];
            int rank = next < symbols.Length ? merges.Find(symbols[at], symbols[next], out _) : MergeTable.None;
            ranks[at] = rank;
            if (rank != MergeTable.None)
            {
                queue.Enqueue(at, ((ulong)(uint)rank << 32) | (uint)at);
            }
        }
    }
}
