using System.Globalization;

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

    /// <summary>
    /// The same for doubles: an open bound is the next double beyond it, since texts closer to it are read as the bound itself.
    /// </summary>
    public NumberBounds OfDoubles()
    {
        NumberBounds copy = Copy();
        if (IsLowOpen && Beyond(Low!.Value, double.BitIncrement) is { } low)
        {
            copy.AtLeast(low, open: false);
        }
        if (IsHighOpen && Beyond(High!.Value, double.BitDecrement) is { } high)
        {
            copy.AtMost(high, open: false);
        }
        return copy;
    }

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

    /// <summary>The double beyond a bound; null where the digits that are written can't come so close to it.</summary>
    private Exact? Beyond(Exact bound, Func<double, double> next)
    {
        const double ExactWhole = 1L << 53, Largest = 1e21, Smallest = 1e-6;
        double value = double.Parse(bound.ToPlainString(), CultureInfo.InvariantCulture);
        bool isNear = Math.Abs(value) is >= Smallest and <= Largest && (!IsInteger || Math.Abs(value) > ExactWhole);
        return isNear ? Exact.Parse(next(value).ToString("R", CultureInfo.InvariantCulture)) : null;
    }
}
