namespace Realm.Grammars.Json;

/// <summary>What is asked of a number.</summary>
internal sealed class NumberBounds
{
    public Exact? Low { get; private set; }

    public bool IsLowOpen { get; private set; }

    public Exact? High { get; private set; }

    public bool IsHighOpen { get; private set; }

    /// <summary>What it must be a multiple of: the least common multiple of all asked for.</summary>
    public Exact? Multiple { get; private set; }

    public List<Exact> NotMultiples { get; private init; } = [];

    /// <summary>Values that are not wanted.</summary>
    public List<Exact> Excluded { get; private init; } = [];

    /// <summary>Whether only whole numbers are wanted, which are written without a point.</summary>
    public bool IsInteger { get; set; }

    public bool HasAny => Low != null || High != null || Multiple != null || NotMultiples.Count > 0 || Excluded.Count > 0;

    /// <summary>Whether no number can be between the bounds.</summary>
    public bool IsEmpty => Low is { } low && High is { } high
        && (low.CompareTo(high) > 0 || low.CompareTo(high) == 0 && (IsLowOpen || IsHighOpen));

    public NumberBounds Copy() => new()
    {
        Low = Low,
        IsLowOpen = IsLowOpen,
        High = High,
        IsHighOpen = IsHighOpen,
        Multiple = Multiple,
        NotMultiples = [.. NotMultiples],
        Excluded = [.. Excluded],
        IsInteger = IsInteger,
    };

    public void AtLeast(Exact value, bool open)
    {
        int order = Low is { } low ? value.CompareTo(low) : 1;
        if (order > 0 || order == 0 && open)
        {
            (Low, IsLowOpen) = (value, open);
        }
    }

    public void AtMost(Exact value, bool open)
    {
        int order = High is { } high ? value.CompareTo(high) : -1;
        if (order < 0 || order == 0 && open)
        {
            (High, IsHighOpen) = (value, open);
        }
    }

    public void MultipleOf(Exact value) => Multiple = Multiple is { } multiple ? Exact.LeastCommonMultiple(multiple, value) : value;
}
