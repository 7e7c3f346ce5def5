using System.Globalization;
using Realm.Tests;
using Realm.Tests.Conformance;

// A line a model: folder/name, `ok`, `WRONG`, `unsupported` or `FAILED`, and the figures. Then a line a folder: how many are right of how many.
//
//   conformance [--quick] [--layers] [--record] [part of a name ...]

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string[] known = ["--quick", "--layers", "--record"];
string[] filters = [.. args.Where(arg => !arg.StartsWith("--", StringComparison.Ordinal))];
if (args.FirstOrDefault(arg => arg.StartsWith("--", StringComparison.Ordinal) && !known.Contains(arg)) is string unknown)
{
    Console.Error.WriteLine($"unknown option {unknown}: conformance [{string.Join("] [", known)}] [part of a name ...]");
    return 2;
}
if (Golden.Folder == null)
{
    Console.Error.WriteLine("the reference data is absent (REALM_GOLDEN)");
    return 2;
}

SortedDictionary<string, double> recorded = Recorded.Read();
Dictionary<string, (int Right, int All)> folders = [];
List<string> failures = [];
foreach (GoldenModel model in GoldenIndex.All())
{
    if (filters.Length > 0 && !filters.Any(filter => model.Id.Contains(filter, StringComparison.OrdinalIgnoreCase)))
        continue;
    // Its name first: what ends the process is then known too.
    Console.Write($"{model.Id,-34} ");
    Console.Out.Flush();
    Measurement measured = Measurement.Of(model, args.Contains("--quick"));
    string? regression = Recorded.Regression(recorded, model, measured);
    Console.WriteLine(Describe(model, measured) + (regression == null ? "" : $"  REGRESSION: {regression}"));
    for (int i = 0; args.Contains("--layers") && i < measured.Layers.Count; i++)
        Console.WriteLine($"    layer {i} {measured.Layers[i]:0.0e+0}");
    if (measured.Outcome is Outcome.Wrong or Outcome.Failed || regression != null)
        failures.Add(model.Id);
    if (measured.Outcome == Outcome.Right && args.Contains("--record") && !args.Contains("--quick"))
        Recorded.Add(recorded, model, measured);
    (int right, int all) = folders.GetValueOrDefault(model.Folder);
    folders[model.Folder] = (right + (measured.Outcome == Outcome.Right ? 1 : 0), all + 1);
}
if (args.Contains("--record"))
    Recorded.Write(recorded);
foreach ((string folder, (int right, int all)) in folders)
    Console.WriteLine($"{folder} {right}/{all}");
if (folders.Count == 0)
    failures.Add($"no model's name contains {string.Join(" or ", filters)}");
if (failures.Count > 0)
    Console.WriteLine($"failing: {string.Join(", ", failures)}");
return failures.Count == 0 ? 0 : 1;

static string Describe(GoldenModel model, Measurement measured)
{
    if (measured.Outcome == Outcome.Unsupported)
        return $"unsupported: {(measured.Message.Length > 100 ? measured.Message[..100] + "..." : measured.Message)}";
    string figures = string.Concat(measured.Figures.Select(figure => $"  {figure.Way} {figure.Nmse:0.0e+0}"));
    if (measured.Layers.Count > 0)
        figures += $"  layers {measured.Layers.Max():0.0e+0}";
    string bits = measured.Differing.Count == 0 ? "  bits equal" : $"  bits DIFFER: {string.Join(", ", measured.Differing)}";
    return measured.Outcome switch
    {
        Outcome.Right => $"ok   {figures}{bits}",
        Outcome.Wrong => $"WRONG{figures}{bits}  (bound {model.Bound:0.0e+0})",
        _ => $"FAILED: {measured.Message}{figures}",
    };
}
