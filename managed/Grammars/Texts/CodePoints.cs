using System.Globalization;

namespace Realm.Grammars.Texts;

/// <summary>A set of code points, as ranges in order that neither touch nor overlap. Surrogates are in no set.</summary>
internal sealed class CodePoints
{
    public const int Last = 0x10FFFF;

    public static readonly CodePoints None = new([]);
    public static readonly CodePoints All = Of((0, 0xD7FF), (0xE000, Last));
    public static readonly CodePoints Digits = Of(('0', '9'));
    public static readonly CodePoints Word = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    /// <summary>ECMAScript's white space and line ends.</summary>
    public static readonly CodePoints Space = Of((9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
        (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>What a dot of ECMAScript does not take.</summary>
    public static readonly CodePoints LineEnds = Of((10, 10), (13, 13), (0x2028, 0x2029));

    private CodePoints((int First, int Last)[] ranges)
    {
        Ranges = ranges;
    }

    public (int First, int Last)[] Ranges { get; }

    public bool IsEmpty => Ranges.Length == 0;

    public static CodePoints Of(params ReadOnlySpan<(int First, int Last)> ranges)
    {
        var sorted = new List<(int First, int Last)>();
        foreach ((int first, int last) in ranges)
        {
            AddWithoutSurrogates(sorted, first, Math.Min(last, Last));
        }
        sorted.Sort();
        var merged = new List<(int First, int Last)>();
        foreach ((int first, int last) in sorted)
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            }
            else
            {
                merged.Add((first, last));
            }
        }
        return new CodePoints([.. merged]);
    }

    /// <summary>The characters of some general categories of Unicode.</summary>
    public static CodePoints OfCategories(Func<UnicodeCategory, bool> isWanted)
    {
        var ranges = new List<(int, int)>();
        int start = -1;
        for (int point = 0; point <= Last + 1; point++)
        {
            bool wanted = point <= Last && (point < 0xD800 || point > 0xDFFF) && isWanted(CharUnicodeInfo.GetUnicodeCategory(point));
            if (wanted && start < 0)
            {
                start = point;
            }
            else if (!wanted && start >= 0)
            {
                ranges.Add((start, point - 1));
                start = -1;
            }
        }
        return new CodePoints([.. ranges]);
    }

    public CodePoints Union(CodePoints other) => Of([.. Ranges, .. other.Ranges]);

    public CodePoints Complement()
    {
        var gaps = new List<(int, int)>();
        int next = 0;
        foreach ((int first, int last) in Ranges)
        {
            if (first > next)
            {
                gaps.Add((next, first - 1));
            }
            next = last + 1;
        }
        if (next <= Last)
        {
            gaps.Add((next, Last));
        }
        return Of([.. gaps]);
    }

    public CodePoints Intersect(CodePoints other) => Complement().Union(other.Complement()).Complement();

    /// <summary>With the other case of every letter, by simple case folding.</summary>
    public CodePoints IgnoringCase()
    {
        var more = new List<(int, int)>(Ranges);
        foreach ((int first, int last) in Ranges)
        {
            // Beyond the planes that have letters of two cases nothing is added.
            for (int point = first; point <= Math.Min(last, 0x1E943); point++)
            {
                var rune = new System.Text.Rune(point);
                int upper = System.Text.Rune.ToUpperInvariant(rune).Value, lower = System.Text.Rune.ToLowerInvariant(rune).Value;
                if (upper != point)
                {
                    more.Add((upper, upper));
                }
                if (lower != point)
                {
                    more.Add((lower, lower));
                }
            }
        }
        return Of([.. more]);
    }

    public bool Contains(int point)
    {
        foreach ((int first, int last) in Ranges)
        {
            if (point >= first && point <= last)
            {
                return true;
            }
        }
        return false;
    }

    private static void AddWithoutSurrogates(List<(int First, int Last)> ranges, int first, int last)
    {
        if (first <= Math.Min(last, 0xD7FF))
        {
            ranges.Add((first, Math.Min(last, 0xD7FF)));
        }
        if (Math.Max(first, 0xE000) <= last)
        {
            ranges.Add((Math.Max(first, 0xE000), last));
        }
    }
}
