namespace Realm.Abi;

/// <summary>Which of some names somebody meant (Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals",
/// 1966).</summary>
internal static class EditDistance
{
    /// <summary>Of longer names only the beginning is compared.</summary>
    private const int Longest = 64;

    /// <summary>The name that takes the fewest letters inserted, deleted or replaced; of several the first.</summary>
    public static string Nearest<T>(string given, IReadOnlyList<T> choices, Func<T, string> name)
    {
        string best = "";
        int least = int.MaxValue;
        for (int i = 0; i < choices.Count; i++)
        {
            string choice = name(choices[i]);
            int distance = Between(given, choice);
            if (distance < least)
            {
                (best, least) = (choice, distance);
            }
        }
        return best;
    }

    /// <summary>How many letters must be inserted, deleted or replaced; upper and lower case and underscores make no
    /// difference.</summary>
    public static int Between(string a, string b)
    {
        a = Plain(a);
        b = Plain(b);
        var row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }

    private static string Plain(string name)
    {
        string plain = name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        return plain.Length > Longest ? plain[..Longest] : plain;
    }
}
