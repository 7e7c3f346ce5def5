using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Sampling;

public unsafe class LogProbabilitiesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(130)]
    [InlineData(5000)]
    public void Are_the_logarithms_of_the_softmax(int vocabulary)
    {
        float[] logits = [.. SamplerTests.Gaussian(vocabulary, 4).Select(x => x + 20)];
        double sum = logits.Sum(x => Math.Exp(x - 20));
        using SamplerScratch scratch = new(vocabulary);
        using LogProbabilities read = new(vocabulary);
        // Pinned as long as it is asked: it is not copied.
        fixed (float* p = logits)
        {
            read.Read(p, scratch, 5, keep: false);
            for (int i = 0; i < vocabulary; i++)
                Assert.Equal(logits[i] - 20 - Math.Log(sum), read.Of(i), 1e-5);
            int[] best = [.. Enumerable.Range(0, vocabulary).OrderByDescending(i => logits[i]).Take(5)];
            Assert.Equal(best.Length, read.TopCount);
            for (int i = 0; i < best.Length; i++)
                Assert.Equal((best[i], read.Of(best[i])), read.Top(i));
        }
    }

    /// <summary>They are the model's own, whatever is done to the row afterwards.</summary>
    [Fact]
    public void Steps_do_not_change_them()
    {
        float[] logits = SamplerTests.Gaussian(300, 9), original = (float[])logits.Clone();
        using SamplerScratch scratch = new(300);
        using LogProbabilities read = new(300), again = new(300);
        Chooser chooser = new(new(1, RepeatPenalty: 3) { FrequencyPenalty = 1, LogitBias = [(5, 2)] }, 300, [8]);
        for (int i = 0; i < 100; i++)
            chooser.History.Add(i);
        fixed (float* p = logits, q = original)
        {
            read.Read(p, scratch, 20, keep: true);
            chooser.Sample(p, scratch);
            Assert.NotEqual(original, logits);
            again.Read(q, scratch, 20, keep: false);
            Assert.All(Enumerable.Range(0, 300), i => Assert.Equal(again.Of(i), read.Of(i)));
            Assert.All(Enumerable.Range(0, 20), i => Assert.Equal(again.Top(i), read.Top(i)));
        }
    }

    [Fact]
    public void Equal_ones_stand_in_order_of_their_ids()
    {
        float[] logits = [1, 2, 2, 2, 0];
        using SamplerScratch scratch = new(5);
        using LogProbabilities read = new(5);
        fixed (float* p = logits)
            read.Read(p, scratch, 9, keep: true);
        Assert.Equal([1, 2, 3, 0, 4], Enumerable.Range(0, read.TopCount).Select(i => read.Top(i).Token));
    }

    /// <summary>The same bits on every processor: these.</summary>
    [Fact]
    public void Never_change()
    {
        RandomSource random = new(1);
        float[] logits = [.. Enumerable.Range(0, 3001).Select(_ => (float)(random.NextDouble() * 30))];
        using SamplerScratch scratch = new(3001);
        using LogProbabilities read = new(3001);
        fixed (float* p = logits)
        {
            read.Read(p, scratch, 1, keep: false);
            Assert.Equal("-4.6056976", read.Top(0).LogProbability.ToString("R"));
            Assert.Equal("-23.16056", read.Of(7).ToString("R"));
        }
    }
}
