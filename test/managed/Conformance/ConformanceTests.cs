using Xunit;
using Xunit.Abstractions;

namespace Realm.Tests.Conformance;

/// <summary>Every model of the reference data: what runs is right, and what was right stays so.</summary>
public class ConformanceTests(ITestOutputHelper output)
{
    private static readonly SortedDictionary<string, double> _recorded = Recorded.Read();

    /// <summary>All but the large ones, of which `GoldenTests.Texts` asks more.</summary>
    public static TheoryData<string> Models()
    {
        TheoryData<string> data = [];
        if (Golden.Folder != null)
        {
            foreach (GoldenModel model in GoldenIndex.All().Where(model => model.Folder != "text"))
                data.Add(model.Id);
        }
        return data;
    }

    /// <summary>A model that the engine does not have is no failure here, unless it had it before.</summary>
    [GoldenTheory]
    [MemberData(nameof(Models))]
    public void Is_right_or_not_supported(string id)
    {
        GoldenModel model = GoldenIndex.All().Single(model => model.Id == id);
        Measurement measured = Measurement.Of(model);
        string? regression = Recorded.Regression(_recorded, model, measured);
        if (regression != null || measured.Outcome is not (Outcome.Right or Outcome.Unsupported))
        {
            string figures = string.Join(", ", measured.Figures), differing = string.Join(", ", measured.Differing);
            Assert.Fail($"{id}: {regression} {measured.Message} {figures}; not the bits of the first: {differing}");
        }
    }

    /// <summary>The record names what is there: all of it was seen to run. What is not in it is listed.</summary>
    [GoldenFact]
    public void What_is_not_recorded_is_listed_by_name()
    {
        string[] missing = [.. GoldenIndex.All().Select(model => model.Id).Where(id => !_recorded.ContainsKey(id))];
        output.WriteLine($"not recorded as right ({missing.Length}): {string.Join(", ", missing)}");
        Assert.NotEmpty(_recorded);
        Assert.All(_recorded, entry => Assert.InRange(entry.Value, 1e-15, 1e-2));
    }
}
