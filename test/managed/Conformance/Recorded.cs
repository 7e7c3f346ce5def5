using System.Globalization;

namespace Realm.Tests.Conformance;

/// <summary>
/// The models known to be right, and how far from the reference each may be: test/conformance/passing.txt, a line a model. It only grows:
/// `npm run conformance -- --record` writes it anew.
/// </summary>
internal static class Recorded
{
    // A change of the order of sums moves a figure by a few times its size.
    private const double Room = 10;

    private static string File { get; } = System.IO.Path.Combine(Golden.Repository, "test", "conformance", "passing.txt");

    /// <summary>Each model's bound. Two branches may have written one twice: the smaller counts.</summary>
    public static SortedDictionary<string, double> Read()
    {
        SortedDictionary<string, double> bounds = new(StringComparer.Ordinal);
        foreach (string line in System.IO.File.ReadAllLines(File))
        {
            string[] fields = line.Split(' ');
            double bound = double.Parse(fields[1], CultureInfo.InvariantCulture);
            bounds[fields[0]] = bounds.TryGetValue(fields[0], out double other) ? Math.Min(bound, other) : bound;
        }
        return bounds;
    }

    /// <summary>What is wrong with a model that was right before; null: nothing.</summary>
    public static string? Regression(SortedDictionary<string, double> recorded, GoldenModel model, Measurement measured)
    {
        if (!recorded.TryGetValue(model.Id, out double bound))
            return null;
        if (measured.Outcome != Outcome.Right)
            return "was right before";
        return measured.Worst <= bound ? null : string.Create(CultureInfo.InvariantCulture, $"{measured.Worst:0.0e+0}, recorded within {bound:0.0e+0}");
    }

    /// <summary>Takes a right one into the record.</summary>
    public static void Add(SortedDictionary<string, double> recorded, GoldenModel model, Measurement measured)
    {
        double bound = Math.Min(Math.Pow(10, Math.Ceiling(Math.Log10(Math.Max(measured.Worst, 1e-15) * Room))), model.Bound);
        recorded[model.Id] = recorded.TryGetValue(model.Id, out double before) ? Math.Min(before, bound) : bound;
    }

    /// <summary>Writes the record.</summary>
    public static void Write(SortedDictionary<string, double> recorded) => System.IO.File.WriteAllLines(
        File,
        recorded.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key} {entry.Value:0.###e+0}")));
}
