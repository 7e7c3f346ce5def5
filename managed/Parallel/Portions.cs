namespace Realm.Parallel;

/// <summary>
/// How a loop of a small pass is cut: a part of neighbouring items for each thread, and each part into portions. Its owner takes them from the front, who
/// has done his own takes from the back of another's; so they get smaller towards the back.
/// </summary>
internal readonly struct Portions(int items, int threads)
{
    /// <summary>The most portions of a part.</summary>
    public const int Most = 8;

    /// <summary>The items of a part: of even shares.</summary>
    public (int First, int Last) Part(int part) => ((int)((long)items * part / threads), (int)((long)items * (part + 1) / threads));

    /// <summary>How many portions a part has.</summary>
    public int Count(int part)
    {
        (int first, int last) = Part(part);
        return Math.Min(Most, last - first);
    }

    /// <summary>The items of a portion.</summary>
    public (int First, int Last) Range(int part, int portion)
    {
        (int first, int last) = Part(part);
        return (first + Before(portion, last - first), first + Before(portion + 1, last - first));
    }

    /// <summary>The most items that a portion of a loop over up to `items` has.</summary>
    public static int Largest(int items, int threads) => Before(1, items / threads + 1) + 1;

    // Items of a part before a portion: a share of 1 - (1 - p/P)², but at least one in each.
    private static int Before(int portion, int count)
    {
        int portions = Math.Min(Most, count);
        if (portions == 0)
            return 0;
        int smooth = (int)((long)count * portion * (2 * portions - portion) / (portions * portions));
        return Math.Clamp(smooth, portion, count - (portions - portion));
    }
}
