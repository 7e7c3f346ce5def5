using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Sampling;

public class PartsTests
{
    /// <summary>The first outputs of xoshiro256** for seeds 0 and 42 by splitmix64: they must never change, users' results hang on them.</summary>
    [Fact]
    public void RandomNumbersNeverChange()
    {
        var zero = new RandomSource(0);
        Assert.Equal(0x99EC5F36CB75F2B4UL, zero.NextBits());
        Assert.Equal(0xBF6E1F784956452AUL, zero.NextBits());
        var random = new RandomSource(42);
        double sum = 0;
        for (int i = 0; i < 100_000; i++)
        {
            double value = random.NextDouble();
            Assert.InRange(value, 0, 0.99999999999999989);
            sum += value;
        }
        Assert.InRange(sum / 100_000, 0.496, 0.504);
    }

    /// <summary>The last block is filled up; what it is filled with is no candidate.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(300)]
    public unsafe void OnlyTokensAreCandidates(int vocabulary)
    {
        using var scratch = new SamplerScratch(vocabulary);
        var logits = new float[vocabulary];
        fixed (float* p = logits)
        {
            scratch.Scan(p);
            scratch.Gather(float.MinValue);
            Assert.Equal(Enumerable.Range(0, vocabulary), scratch.Ids.ToArray());
            scratch.Gather(0.5f);
            Assert.Equal(0, scratch.Count);
        }
    }

    [Fact]
    public void CutsLikeSorting()
    {
        var random = new Random(4);
        var bins = new double[Cut.Bins];
        for (int round = 0; round < 200; round++)
        {
            // Few different values, so that there are ties; both signs; both zeros.
            float[] logits = [.. Enumerable.Range(0, 1 + random.Next(300)).Select(_ => (random.Next(21) - 10) * (random.Next(2) == 0 ? 0.1f : 1e6f))];
            float[] sorted = [.. logits.OrderDescending()];
            int count = 1 + random.Next(logits.Length);
            Cut cut = Cut.AtCount(logits, count, bins);
            Assert.Equal(Cut.KeyOf(sorted[count - 1]), cut.Key);
            Assert.Equal(count - logits.Count(l => l > sorted[count - 1]), cut.Ties);
        }
    }
}
