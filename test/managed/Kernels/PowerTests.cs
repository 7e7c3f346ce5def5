using System.Runtime.Intrinsics;
using Realm.Kernels;
using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Kernels;

public class PowerTests
{
    private static IEnumerable<(float X, float Y)> Pairs()
    {
        RandomSource random = new(8);
        for (int i = 0; i < 100_000; i++)
        {
            yield return (BitConverter.Int32BitsToSingle((int)(random.NextDouble() * 0x7F7FFFFF)), (float)(random.NextDouble() * 8 - 4));
            yield return ((float)random.NextDouble() * 3, (float)(random.NextDouble() * 200 - 100));
        }
    }

    [Fact]
    public void Agrees_with_double_precision_to_one_unit_in_the_last_place()
    {
        double worst = 0;
        foreach ((float x, float y) in Pairs())
        {
            double exact = Math.Pow(x, y);
            float actual = Power.Compute(x, y);
            if (Math.Abs((float)exact) < float.PositiveInfinity)
                worst = Math.Max(worst, LogTests.Units(actual, exact));
            else
                Assert.Equal(float.PositiveInfinity, actual);
        }
        Assert.InRange(worst, 0.4, 0.51);
    }

    [Theory]
    [InlineData(0f, 2f, 0f)]
    [InlineData(0f, 0f, 1f)]
    [InlineData(0f, -1f, float.PositiveInfinity)]
    [InlineData(1f, 1e30f, 1f)]
    [InlineData(2f, 10f, 1024f)]
    [InlineData(2f, 128f, float.PositiveInfinity)]
    [InlineData(2f, -149f, float.Epsilon)]
    [InlineData(2f, -1000f, 0f)]
    [InlineData(1.75f, 0f, 1f)]
    [InlineData(0.25f, 0.5f, 0.5f)]
    public void At_the_ends_and_where_it_is_exact(float x, float y, float expected) => Assert.Equal(expected, Power.Compute(x, y));

    [Fact]
    public void Has_the_same_bits_at_every_width()
    {
        (float, float)[] special = [(0, 0), (0, 1), (0, -1), (1, 5), (2, 500), (2, -500), (float.Epsilon, 0.5f)];
        foreach ((float x, float y) in Pairs().Where((_, i) => i % 20 == 0).Concat(special))
        {
            int expected = BitConverter.SingleToInt32Bits(Power.Compute(x, y));
            Assert.Equal(expected, BitConverter.SingleToInt32Bits(Power.Compute(Vector256.Create(x), Vector256.Create(y))[5]));
            Assert.Equal(expected, BitConverter.SingleToInt32Bits(Power.Compute(Vector512.Create(x), Vector512.Create(y))[11]));
        }
    }
}
