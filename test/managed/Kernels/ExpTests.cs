using System.Runtime.Intrinsics;
using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Kernels;

public class ExpTests
{
    [Fact]
    public void Agrees_with_double_precision_to_two_units_in_the_last_place()
    {
        for (float x = -86.9f; x < 88; x += 0.0137f)
        {
            double exact = Math.Exp(x);
            Assert.InRange(Exp.Compute(x) / exact, 1 - 2.4e-7, 1 + 2.4e-7);
        }
    }

    [Fact]
    public void Is_zero_far_below_and_bounded_far_above()
    {
        Assert.Equal(0f, Exp.Compute(-87.1f));
        Assert.Equal(0f, Exp.Compute(float.NegativeInfinity));
        Assert.Equal(1f, Exp.Compute(0f));
        Assert.InRange(Exp.Compute(float.PositiveInfinity), 1.6e38f, 1.7e38f);
    }

    [Fact]
    public void Has_the_same_bits_at_every_width()
    {
        for (float x = -90; x < 90; x += 0.37f)
        {
            float narrow = Exp.Compute(Vector256.Create(x))[5], wide = Exp.Compute(Vector512.Create(x))[11];
            Assert.Equal(BitConverter.SingleToInt32Bits(narrow), BitConverter.SingleToInt32Bits(wide));
        }
    }
}
