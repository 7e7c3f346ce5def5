using System.Runtime.Intrinsics;
using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Kernels;

/// <summary>Half precision to single precision and back, over every half.</summary>
public class HalvesTests
{
    private static int Bits(float x) => BitConverter.SingleToInt32Bits(x);

    [Fact]
    public void EveryFiniteHalfIsConvertedExactly()
    {
        for (int h = 0; h < 65536; h++)
        {
            Half half = BitConverter.UInt16BitsToHalf((ushort)h);
            float expected = Half.IsFinite(half) ? (float)half : MathF.CopySign(65536f * (1 + (h & 1023) / 1024f), (float)half);
            Assert.Equal(Bits(expected), Bits(Lanes.HalfToSingle((ushort)h)));
        }
    }

    [Fact]
    public void VectorsConvertAsOneNumberDoes()
    {
        for (int h = 0; h < 65536; h += 16)
        {
            Vector512<float> wide = Lanes.HalfToSingle(Vector512.Create((uint)h) + Vector512<uint>.Indices);
            Vector256<float> narrow = Lanes.HalfToSingle(Vector256.Create((uint)h) + Vector256<uint>.Indices);
            for (int i = 0; i < 16; i++)
            {
                int expected = Bits(Lanes.HalfToSingle((ushort)(h + i)));
                Assert.Equal(expected, Bits(wide[i]));
                if (i < 8)
                    Assert.Equal(expected, Bits(narrow[i]));
            }
        }
    }

    [Fact]
    public void EveryNormalHalfComesBackAndSubnormalsBecomeZero()
    {
        for (int h = 0; h < 65536; h++)
        {
            int exponent = h >> 10 & 31;
            if (exponent == 31)
                continue;
            int expected = exponent == 0 ? h & 0x8000 : h;
            Assert.Equal(expected, Lanes.SingleToHalf(Lanes.HalfToSingle((ushort)h)));
        }
    }

    [Fact]
    public void BetweenHalvesRoundsToNearestEven()
    {
        for (int h = 0x0400; h < 0x7bff; h++)
        {
            float a = Lanes.HalfToSingle((ushort)h), b = Lanes.HalfToSingle((ushort)(h + 1));
            float middle = (a + b) / 2;
            foreach (float x in (float[])[middle, MathF.BitDecrement(middle), MathF.BitIncrement(middle)])
            {
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)x), Lanes.SingleToHalf(x));
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)(-x)), Lanes.SingleToHalf(-x));
                Assert.Equal(Lanes.SingleToHalf(x), Lanes.SingleToHalf(Vector256.Create(x))[3]);
            }
        }
    }

    [Fact]
    public void WhatIsTooLargeBecomesTheLargestHalf()
    {
        foreach (float x in (float[])[65504f, 65520f, 1e6f, float.MaxValue, float.PositiveInfinity])
        {
            Assert.Equal(0x7bff, Lanes.SingleToHalf(x));
            Assert.Equal(0xfbff, Lanes.SingleToHalf(-x));
            Assert.Equal(Lanes.SingleToHalf(-x), Lanes.SingleToHalf(Vector256.Create(-x))[0]);
        }
    }
}
