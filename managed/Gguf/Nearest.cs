namespace Realm.Gguf;

/// <summary>The known name that an unknown one is nearest to, for error messages: what was probably meant.</summary>
internal static class Nearest
{
    /// <summary>Characters of a name that are looked at: names in damaged files may be megabytes long.</summary>
    private const int MostCharacters = 64;

    /// <summary>
    /// Of <paramref name="known"/> (not empty), the one with the least edits (a character added, dropped or changed, case aside) from
    /// <paramref name="name"/>; the first of equals.
    /// </summary>
    public static string To(string name, IEnumerable<string> known) => known.MinBy(candidate => Distance(name, candidate))!;

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        a = a[..Math.Min(a.Length, MostCharacters)].ToLowerInvariant();
        b = b[..Math.Min(b.Length, MostCharacters)].ToLowerInvariant();
        Span<int> row = stackalloc int[MostCharacters + 1];     // edits from a[..i] to b[..j], over j
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
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
