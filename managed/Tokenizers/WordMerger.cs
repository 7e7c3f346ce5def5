using System.Runtime.CompilerServices;

namespace Realm.Tokenizers;

/// <summary>
/// Byte-pair encoding of one word: while any two neighbours merge, merge those of the lowest rank, the leftmost of
/// equals. Nearly all words are a few bytes long.
/// </summary>
internal static class WordMerger
{
    /// <summary>Up to here, searching all pairs for each merge is quicker than keeping them in order.</summary>
    private const int Short = 32;

    /// <summary>Merges <paramref name="symbols"/> in place and returns how many are left.</summary>
    public static int Merge(MergeTable merges, Span<int> symbols) =>
        symbols.Length <= Short ? MergeShort(merges, symbols) : LongWordMerger.Merge(merges, symbols);

    [SkipLocalsInit]
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
}
