using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Sampling;

/// <summary>The table of samplers, and what is made from it.</summary>
public class SamplersTests
{
    private static IEnumerable<SamplerOption> Options => Samplers.All.SelectMany(kind => kind.Options);

    [Fact]
    public void Names_are_unique_and_found()
    {
        Assert.Equal(Samplers.All.Length, Samplers.All.Select(kind => kind.Name).Distinct().Count());
        Assert.Equal(Options.Count(), Options.Select(option => option.Name).Distinct().Count());
        Assert.All(Options, option => Assert.Same(option, Samplers.Option(option.Name)));
        Assert.Null(Samplers.Option("seed"));
    }

    /// <summary>Each option reads what it has written and changes nothing else; its default is in its range, and what is out of it is refused.</summary>
    [Fact]
    public void Options_are_read_written_and_checked()
    {
        foreach (SamplerOption option in Options)
        {
            SamplingOptions changed = option.With(Samplers.Defaults, option.Most is > 1 and < 3 ? 2 : option.Default == 0 ? 1 : 0);
            Assert.NotEqual(option.Default, option.Get(changed));
            Assert.All(Options.Where(other => other != option), other => Assert.Equal(other.Default, other.Get(changed)));
            option.Check(option.Default);
            option.Check(option.Least);
            option.Check(option.Most);
            foreach (double wrong in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, option.Least - Math.Abs(option.Least * 0.01) - 0.5, option.IsInteger ? 1.5 : double.NaN })
            {
                RealmException error = Assert.Throws<RealmException>(() => option.Check(wrong));
                Assert.Equal(ErrorCode.InvalidArgument, error.Code);
                Assert.StartsWith($"{option.Name} must be {option.Range}, not ", error.Message);
            }
        }
    }

    /// <summary>What is not given is off; a user who asks for nothing gets the three usual filters.</summary>
    [Fact]
    public void What_runs_unless_asked_otherwise()
    {
        Assert.Equal(["temperature"], Running(new()));
        Assert.Equal(["topK", "topP", "minP", "temperature"], Running(Samplers.Defaults));

        static IEnumerable<string> Running(SamplingOptions options) => Samplers.All.Where(kind => kind.Create(options, null) != null).Select(kind => kind.Name);
    }

    /// <summary>To write it anew: REALM_RECORD=1.</summary>
    [Fact]
    public void The_docs_have_the_table()
    {
        string path = Path.Combine(Golden.Repository, "docs", "sampling.md"), text = File.ReadAllText(path);
        const string Begin = "<!-- samplers -->\n", End = "<!-- /samplers -->";
        int from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, to = text.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("REALM_RECORD") == "1")
            File.WriteAllText(path, text[..from] + Samplers.Markdown() + text[to..]);
        else
            Assert.Equal(Samplers.Markdown(), text[from..to]);
    }
}
