using System.Runtime.Intrinsics;
using Realm.Kernels;
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

    /// <summary>The bits of the engine's own exponential, at each width and beyond both ends, for what a distance can be.</summary>
    [Fact]
    public void WeightsAreTheExponential()
    {
        var random = new Random(9);
        var distances = new float[4096];
        for (int i = 0; i < distances.Length; i++)
        {
            distances[i] = -(float)Math.Pow(10, (random.NextDouble() * 12) - 8);
        }
        float[] special = [0, -0f, -87, MathF.BitDecrement(-87), -88, -1e30f, float.MinValue, float.NegativeInfinity, -float.Epsilon];
        special.CopyTo(distances, 0);
        for (int i = 0; i < distances.Length; i += 16)
        {
            Vector512<float> sixteen = TokenWeight.Compute(Vector512.LoadUnsafe(ref distances[i]));
            for (int j = 0; j < 16; j++)
            {
                int expected = BitConverter.SingleToInt32Bits(Exp.Compute(distances[i + j]));
                Assert.Equal(expected, BitConverter.SingleToInt32Bits(TokenWeight.Compute(Vector256.CreateScalar(distances[i + j])).ToScalar()));
                Assert.Equal(expected, BitConverter.SingleToInt32Bits(sixteen[j]));
            }
        }
    }

    /// <summary>Sums have the same bits whatever the instruction set: these.</summary>
    [Fact]
    public unsafe void SumsNeverChange()
    {
        var random = new RandomSource(1);
        float[] logits = [.. Enumerable.Range(0, 3001).Select(_ => (float)(random.NextDouble() * 30))];
        using var scratch = new SamplerScratch(logits.Length);
        fixed (float* p = logits)
        {
            scratch.Scan(p);
            Assert.Equal("143.3308892250061", scratch.WeighAll(0.7f).ToString("R"));
            scratch.Gather(5);
            Assert.Equal("111.23497994146862", scratch.Weigh(0.9f).ToString("R"));
            scratch.KeepMass(90);
            Assert.Equal("84.22376899421215", scratch.Weigh(1).ToString("R"));
        }
    }

    /// <summary>Every length, on both sides of a threshold, into another list and in place.</summary>
    [Fact]
    public unsafe void SievesLikeALoop()
    {
        var random = new Random(5);
        var logits = new float[100 + Sieve.Spare];
        var others = new int[logits.Length];
        for (int count = 0; count <= 100; count++)
        {
            for (int i = 0; i < count; i++)
            {
                (logits[i], others[i]) = (random.Next(7) - 3, i);
            }
            for (float threshold = -4; threshold <= 4; threshold += 0.5f)
            {
                foreach (bool reaching in new[] { true, false })
                {
                    int[] expected = [.. Enumerable.Range(0, count).Where(i => logits[i] >= threshold == reaching)];
                    var into = ((float[])logits.Clone(), (int[])others.Clone());
                    fixed (float* p = into.Item1, from = logits)
                    fixed (int* q = into.Item2, other = others)
                    {
                        Assert.Equal(expected.Length, Sieve.Take(p, q, count, threshold, reaching, p, q));
                        Assert.Equal(expected, into.Item2[..expected.Length]);
                        Assert.Equal(expected.Select(i => logits[i]), into.Item1[..expected.Length]);
                        Array.Clear(into.Item1);
                        Assert.Equal(expected.Length, Sieve.Take(from, null, count, threshold, reaching, p, null));
                        Assert.Equal(expected.Select(i => logits[i]), into.Item1[..expected.Length]);
                        Assert.Equal(logits.Take(count).Count(x => x >= threshold), Sieve.Sum(from, null, count, threshold));
                    }
                }
            }
        }
    }
}
