using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Sampling;

/// <summary>The chain of the usual steps against <see cref="SortedSampler"/>, which sorts; and what both should do on small distributions known by hand.</summary>
public unsafe class SamplerTests
{
    internal static float[] Gaussian(int count, int seed, float deviation = 3)
    {
        var random = new Random(seed);
        var logits = new float[count];
        for (int i = 0; i < count; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            logits[i] = (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble())) * deviation;
        }
        return logits;
    }

    private static int[] Draw(SamplingOptions options, float[] logits, int draws)
    {
        var sampler = new Chooser(options, logits.Length);
        using var scratch = new SamplerScratch(logits.Length);
        var result = new int[draws];
        for (int i = 0; i < draws; i++)
        {
            fixed (float* p = (float[])logits.Clone())
            {
                result[i] = sampler.Sample(p, scratch);
            }
            sampler.Accept(result[i]);
        }
        return result;
    }

    public static TheoryData<int, int, float, float, float, float> Options()
    {
        var data = new TheoryData<int, int, float, float, float, float>();
        foreach (int vocabulary in new[] { 1, 7, 128, 129, 1000, 9000 })
        {
            data.Add(vocabulary, 40, 1, 0, 0.8f, 1);
            data.Add(vocabulary, 1, 1, 0, 1, 1);
            data.Add(vocabulary, 300, 1, 0, 1.5f, 1);
            data.Add(vocabulary, 0, 0.9f, 0, 1, 1);
            data.Add(vocabulary, 0, 0.999f, 0, 1, 1);
            data.Add(vocabulary, 0, 0, 0, 1, 1);
            data.Add(vocabulary, 0, 1, 0.05f, 1, 1);
            data.Add(vocabulary, 0, 0.5f, 0.01f, 0.7f, 1);
            data.Add(vocabulary, 40, 0.95f, 0.05f, 0.8f, 1.1f);
            data.Add(vocabulary, 500, 0.99f, 0.001f, 2, 1.3f);
            data.Add(vocabulary, 0, 1, 0, 1, 1.2f);
        }
        return data;
    }

    /// <summary>The same tokens for the same seed as an implementation that sorts, whatever the options and the vocabulary.</summary>
    [Theory]
    [MemberData(nameof(Options))]
    public void AgreesWithSorting(int vocabulary, int topK, float topP, float minP, float temperature, float repeatPenalty)
    {
        var options = new SamplingOptions(temperature, topK, topP, minP, repeatPenalty, 42);
        float[] logits = Gaussian(vocabulary, vocabulary + topK);
        int draws = vocabulary > 5000 ? 10 : 70;   // sorting takes its time; more than the repeat penalty's window
        Assert.Equal(SortedSampler.Draw(options, logits, draws), Draw(options, logits, draws));
    }

    /// <summary>The same of many candidates, where they are found by halving, gathered and summed by blocks, few or nearly all of them.</summary>
    [Theory]
    [InlineData(0.3f)]
    [InlineData(2f)]
    [InlineData(5f)]
    public void AgreesWithSortingWhereManyStay(float deviation)
    {
        float[] logits = Gaussian(30_000, 6, deviation);
        SamplingOptions[] all =
        [
            new(1, 0, 0.9f), new(0.7f, 0, 0.999f), new(1.5f, 0, 0.5f), new(1, 0, 0.95f, 1e-3f), new(1, 0, 1, 1e-4f), new(1, 3000), new(1, 20_000, 0.9f),
            new(1, 29_999, 0.99f, 1e-5f),
        ];
        foreach (SamplingOptions options in all)
        {
            Assert.Equal(SortedSampler.Draw(options with { Seed = 11 }, logits, 4), Draw(options with { Seed = 11 }, logits, 4));
        }
    }

    /// <summary>The estimate of the whole vocabulary's weight holds what it promises, whatever the logits; where there is none, it is exact.</summary>
    [Fact]
    public void TheWeightOfAllIsWithinItsEstimate()
    {
        using var scratch = new SamplerScratch(20_001);
        double worst = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            float[] logits = Gaussian(20_001, seed, (seed % 12) + 0.1f);
            for (int i = 0; seed % 3 == 1 && i < logits.Length; i++)
            {
                logits[i] = (logits[i] * 20) + 1000;
            }
            logits[seed] = float.MinValue;
            fixed (float* p = logits)
            {
                scratch.Scan(p);
                (double low, double high) = scratch.EstimateAll(exactly: false);
                double exact = scratch.WeighAll(1);
                Assert.InRange(exact, low, high);
                worst = Math.Max(worst, Math.Abs((exact / ((low + high) / 2)) - 1));
                Assert.Equal((exact, exact), scratch.EstimateAll(exactly: true));
            }
        }
        Assert.InRange(worst, 0, WeightSums.EstimateError / 2);
    }

    /// <summary>Top-p keeps what the exact sum says, also where the estimate cannot tell: cuts at every token's own mass, and a hair beside it.</summary>
    [Fact]
    public void TopPCutsExactlyWhereTheEstimateCannotTell()
    {
        float[] logits = Gaussian(3000, 8);
        float best = logits.Max();
        double sum = logits.Sum(logit => Math.Exp(logit - best)), reached = 0;
        using SamplerScratch exact = new(logits.Length), scratch = new(logits.Length);
        fixed (float* p = logits)
        {
            exact.Scan(p);
            foreach (float logit in logits.OrderDescending().Take(400))
            {
                reached += Math.Exp(logit - best);
                foreach (double beside in new[] { 0.99998, 1, 1.00002 })
                {
                    float topP = (float)Math.Min(1 - 1e-7, reached / sum * beside);
                    double mass = topP * exact.WeighAll(1);
                    exact.Gather(float.MinValue);
                    exact.Weigh(1);
                    exact.KeepMass(mass);
                    new Chooser(new SamplingOptions(1, 0, topP, 0, 1, 7), logits.Length).Sample(p, scratch);
                    Assert.Equal(exact.Ids, scratch.Ids);
                }
            }
        }
    }

    /// <summary>Logits so large that neighbouring numbers are far apart: no search for a threshold stands still.</summary>
    [Theory]
    [InlineData(1e9f)]
    [InlineData(1e30f)]
    [InlineData(-1e30f)]
    public void HugeLogits(float offset)
    {
        float[] logits = [.. Gaussian(5000, 4).Select(logit => logit + offset)];
        foreach (float topP in new[] { 0.3f, 0.95f, 0.99999f, 0.99999994f })
        {
            var options = new SamplingOptions(1, 0, topP, 0, 1, 7);
            Assert.Equal(SortedSampler.Draw(options, logits, 5), Draw(options, logits, 5));
        }
    }

    /// <summary>Equal logits: the lower ids are ahead, in every filter.</summary>
    [Theory]
    [InlineData(5, 1)]
    [InlineData(200, 1)]
    [InlineData(0, 0.1f)]
    [InlineData(700, 0.5f)]
    public void TiesKeepTheLowerIds(int topK, float topP)
    {
        var options = new SamplingOptions(1, topK, topP, 0, 1, 3);
        var logits = new float[1000];
        Array.Fill(logits, -2.5f);
        logits[990] = -2f;
        int[] drawn = Draw(options, logits, 150);
        Assert.Equal(SortedSampler.Draw(options, logits, 150), drawn);
        int kept = topK == 0 ? 1000 : topK;
        kept = topP < 1 ? (int)Math.Ceiling(kept * topP) : kept;
        Assert.All(drawn, id => Assert.True(id < kept || id == 990, $"token {id} is behind the first {kept}"));
    }

    [Fact]
    public void ZeroAndMinusZeroAreEqual()
    {
        float[] logits = [-1, -0f, 0f, -0f, 0f, -3];
        int[] drawn = Draw(new SamplingOptions(1, 2, 1, 0, 1, 5), logits, 200);
        Assert.Equal([1, 2], drawn.Distinct().Order());
    }

    [Fact]
    public void GreedyTakesTheLowestOfTheBest()
    {
        for (int vocabulary = 1; vocabulary < 600; vocabulary += 37)
        {
            float[] logits = Gaussian(vocabulary, vocabulary);
            logits[vocabulary / 2] = 20;
            logits[vocabulary - 1] = 20;
            Assert.Equal(vocabulary / 2, Draw(new SamplingOptions(0), logits, 1)[0]);
        }
        float[] low = [.. Enumerable.Repeat(-1e30f, 300)];
        low[299] = -1e29f;
        Assert.Equal(299, Draw(new SamplingOptions(0), low, 1)[0]);
    }

    /// <summary>How often each token comes is what the probabilities say: chi-square over many draws.</summary>
    [Fact]
    public void DrawsByProbability()
    {
        float[] logits = [1, 0, 2, -1, 0.5f];
        const float Temperature = 0.7f;
        double[] weights = [.. logits.Select(l => Math.Exp(l / Temperature))];
        foreach (SamplingOptions options in new[] { new SamplingOptions(Temperature, 0, 1, 0, 1, 9), new SamplingOptions(Temperature, 5, 1, 1e-6f, 1, 9) })
        {
            int[] drawn = Draw(options, logits, 50_000);
            double chi = 0;
            for (int i = 0; i < logits.Length; i++)
            {
                double expected = drawn.Length * weights[i] / weights.Sum();
                chi += Math.Pow(drawn.Count(id => id == i) - expected, 2) / expected;
            }
            Assert.True(chi < 18.5, $"chi-square {chi} with 4 degrees of freedom");   // exceeded once in a thousand
        }
    }

    [Fact]
    public void RepeatPenaltyLooksBackSixtyFourTokens()
    {
        var sampler = new Chooser(new SamplingOptions(0, RepeatPenalty: 2), 4);
        using var scratch = new SamplerScratch(4);
        int Sample(float[] logits)
        {
            fixed (float* p = logits)
            {
                return sampler.Sample(p, scratch);
            }
        }
        sampler.Accept(2);
        sampler.Accept(2);      // twice is punished once: 3 / 2 beats 1.4
        Assert.Equal(2, Sample([1.4f, 0, 3, 0]));
        Assert.Equal(0, Sample([1.6f, 0, 3, 0]));
        Assert.Equal(0, Sample([-1.5f, -9, -1, -9]));    // -1 * 2
        for (int i = 0; i < 63; i++)
        {
            sampler.Accept(3);
        }
        Assert.Equal(0, Sample([1.6f, 0, 3, 0]));
        sampler.Accept(3);
        Assert.Equal(2, Sample([1.6f, 0, 3, 0]));
    }

    /// <summary>Not even if it is the best, and whatever the options.</summary>
    [Fact]
    public void ForbiddenTokensAreNeverChosen()
    {
        float[] logits = Gaussian(300, 5);
        logits[17] = 50;
        using var scratch = new SamplerScratch(300);
        foreach (SamplingOptions options in (SamplingOptions[])[new(0), new(1), new(1, 10), new(1, 299), new(1, 0, 0.99f), new(5, 0, 1, 1e-30f)])
        {
            var sampler = new Chooser(options, 300, [17, 299, 5000, -1]);
            for (int i = 0; i < 300; i++)
            {
                fixed (float* p = (float[])logits.Clone())
                {
                    Assert.DoesNotContain(sampler.Sample(p, scratch), (int[])[17, 299]);
                }
            }
        }
    }

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 150)]
    [InlineData(float.NegativeInfinity, 299)]
    public void NotFinite(float wrong, int at)
    {
        foreach (float temperature in new[] { 0f, 1f })
        {
            float[] logits = Gaussian(300, 1);
            logits[at] = wrong;
            var error = Assert.Throws<RealmException>(() => Draw(new SamplingOptions(temperature), logits, 1));
            Assert.Equal(ErrorCode.Numeric, error.Code);
            Assert.Contains($"token {at} (of 300)", error.Message);
        }
    }

    /// <summary>Wherever it stands.</summary>
    [Fact]
    public void OneThatIsNotFiniteIsFound()
    {
        float[] logits = Gaussian(300, 1);
        for (int at = 0; at < logits.Length; at++)
        {
            float[] wrong = (float[])logits.Clone();
            wrong[at] = (at % 3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => float.NegativeInfinity };
            var error = Assert.Throws<RealmException>(() => Draw(new SamplingOptions(0), wrong, 1));
            Assert.Contains($"token {at} (of 300)", error.Message);
        }
    }

    [Fact]
    public void VeryLowTemperatureIsGreedy()
    {
        float[] logits = Gaussian(1000, 8);
        int best = Array.IndexOf(logits, logits.Max());
        Assert.All(Draw(new SamplingOptions(1e-40f), logits, 20), id => Assert.Equal(best, id));
        Assert.All(Draw(new SamplingOptions(1e-40f, 40, 0.9f), logits, 20), id => Assert.Equal(best, id));
    }

    [Fact]
    public void OptionsOutOfRange()
    {
        SamplingOptions[] wrong =
        [
            new(-1), new(float.NaN), new(float.PositiveInfinity), new(1, -1), new(1, 0, 1.1f), new(1, 0, float.NaN), new(1, 0, 1, -0.1f),
            new(1, 0, 1, 0, 0), new(1, 0, 1, 0, float.NaN),
        ];
        string[] names = ["temperature", "temperature", "temperature", "topK", "topP", "topP", "minP", "repeatPenalty", "repeatPenalty"];
        for (int i = 0; i < wrong.Length; i++)
        {
            var error = Assert.Throws<RealmException>(() => new Chooser(wrong[i], 10));
            Assert.Equal(ErrorCode.InvalidArgument, error.Code);
            Assert.StartsWith(names[i] + " must be", error.Message);
        }
    }

    [Fact]
    public void NothingIsAllocatedAToken()
    {
        float[] logits = Gaussian(5000, 2);
        using var scratch = new SamplerScratch(logits.Length);
        SamplingOptions[] all = [new(0), new(1), new(1, 40, 0.9f, 0.05f, 1.1f), new(1, 0, 0.9f), new(1, 3000, 0.99f)];
        foreach (SamplingOptions options in all)
        {
            var sampler = new Chooser(options, logits.Length);
            fixed (float* p = logits)
            {
                sampler.Sample(p, scratch);
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 100; i++)
                {
                    sampler.Accept(sampler.Sample(p, scratch));
                }
                Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
            }
        }
    }
}
