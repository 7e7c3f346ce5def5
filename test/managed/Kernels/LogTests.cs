using System.Runtime.Intrinsics;
using Realm.Kernels;
using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Kernels;

public class LogTests
{
    /// <summary>Numbers of every size, and many near 1, where the result is near 0.</summary>
    internal static IEnumerable<float> Numbers()
    {
        RandomSource random = new(5);
        for (int i = 0; i < 200_000; i++)
            yield return BitConverter.Int32BitsToSingle((int)(random.NextDouble() * 0x7F7FFFFF));
        for (int i = 0; i < 200_000; i++)
            yield return 0.5f + (float)random.NextDouble() * 1.5f;
    }

    /// <summary>How many units in the last place of the exact result's rounding.</summary>
    internal static double Units(float actual, double exact)
    {
        float rounded = Math.Max(Math.Abs((float)exact), float.Epsilon);
        return Math.Abs(actual - exact) / (MathF.BitIncrement(rounded) - (double)rounded);
    }

    [Fact]
    public void Agrees_with_double_precision_to_one_unit_in_the_last_place()
    {
        double worst = 0;
        foreach (float x in Numbers())
            worst = Math.Max(worst, Units(Log.Compute(x), Math.Log(x)));
        Assert.InRange(worst, 0.4, 1);
    }

    [Fact]
    public void In_double_precision_it_agrees_to_two_units()
    {
        double worst = 0;
        foreach (float x in Numbers())
        {
            double y = x * 1.0000000123, exact = Math.Log(y);
            if (y >= 2.2250738585072014e-308 && exact != 0)
                worst = Math.Max(worst, Math.Abs(Log.Compute(y) - exact) / (Math.BitIncrement(Math.Abs(exact)) - Math.Abs(exact)));
        }
        Assert.InRange(worst, 0.1, 2);
        Assert.Equal(0, Log.Compute(1.0));
    }

    [Theory]
    [InlineData(1f, 0f)]
    [InlineData(0f, float.NegativeInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(-1f, float.NaN)]
    [InlineData(float.NegativeInfinity, float.NaN)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(float.Epsilon, -103.27893f)]
    public void At_the_ends(float x, float expected) => Assert.Equal(expected, Log.Compute(x));

    [Fact]
    public void Has_the_same_bits_at_every_width()
    {
        float[] special = [0, -0f, -1, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.Epsilon, 1.17549435e-38f, float.MaxValue];
        foreach (float x in Numbers().Where((_, i) => i % 20 == 0).Concat(special))
        {
            int expected = BitConverter.SingleToInt32Bits(Log.Compute(x));
            Assert.Equal(expected, BitConverter.SingleToInt32Bits(Log.Compute(Vector256.Create(x))[5]));
            Assert.Equal(expected, BitConverter.SingleToInt32Bits(Log.Compute(Vector512.Create(x))[11]));
            if (x > 0 && float.IsFinite(x))
                Assert.Equal(Log.Compute((double)x), Log.Compute(Vector512.Create((double)x))[6]);
        }
    }

    /// <summary>The same everywhere, so these never change.</summary>
    [Fact]
    public void Has_these_bits()
    {
        Assert.Equal(0x3F317218, BitConverter.SingleToInt32Bits(Log.Compute(2f)));
        Assert.Equal(unchecked((int)0xC0935D8E), BitConverter.SingleToInt32Bits(Log.Compute(0.01f)));
        Assert.Equal(0x42AEABE3, BitConverter.SingleToInt32Bits(Log.Compute(8.5e37f)));
        Assert.Equal(0x40026BB1BBB55516, BitConverter.DoubleToInt64Bits(Log.Compute(10.0)));
    }
}
