using Xunit;

namespace Realm.Tests.Formats;

/// <summary>Decoding of single blocks that are worked out by hand, so that it is checked where there is no golden data.
/// In all of them d is 0.5 and dmin or m, where there is one, 0.25.</summary>
public class DecodeTests
{
    private const byte Half0 = 0x00, HalfD = 0x38, HalfM = 0x34;

    private static float[] Decode(string format, params byte[] block) => FormatsTests.Decode(FormatsTests.Find(format), block);

    // bytes with one value set
    private static byte[] Bytes(int count, params (int At, byte Value)[] set)
    {
        byte[] bytes = new byte[count];
        foreach ((int at, byte value) in set)
            bytes[at] = value;
        return bytes;
    }

    [Fact]
    public void Floats()
    {
        Assert.Equal([-1.5f], Decode("F32", 0, 0, 0xc0, 0xbf));
        Assert.Equal([-1.5f], Decode("F16", 0x00, 0xbe));
        Assert.Equal([5.9604645e-08f], Decode("F16", 0x01, 0x00));
        Assert.Equal([-1.5f], Decode("BF16", 0xc0, 0xbf));
    }

    [Fact]
    public void Q4_0()
    {
        float[] y = Decode("Q4_0", [Half0, HalfD, .. Bytes(16, (0, 0xf1), (15, 0x80))]);
        Assert.Equal([(1 - 8) * .5f, -4f, -4f], [y[0], y[1], y[15]]);
        Assert.Equal([(15 - 8) * .5f, -4f, 0f], [y[16], y[17], y[31]]);
    }

    [Fact]
    public void Q4_1()
    {
        float[] y = Decode("Q4_1", [Half0, HalfD, Half0, HalfM, .. Bytes(16, (0, 0xf1), (15, 0x80))]);
        Assert.Equal([.75f, .25f, .25f], [y[0], y[1], y[15]]);
        Assert.Equal([7.75f, .25f, 4.25f], [y[16], y[17], y[31]]);
    }

    [Fact]
    public void Q5_0()
    {
        float[] y = Decode("Q5_0", [Half0, HalfD, 0x03, 0, 0, 0x80, .. Bytes(16, (0, 0xf1), (15, 0x80))]);
        Assert.Equal([(17 - 16) * .5f, 0f, -8f], [y[0], y[1], y[15]]);
        Assert.Equal([(15 - 16) * .5f, -8f, (24 - 16) * .5f], [y[16], y[17], y[31]]);
    }

    [Fact]
    public void Q5_1()
    {
        float[] y = Decode("Q5_1", [Half0, HalfD, Half0, HalfM, 0x03, 0, 0, 0x80, .. Bytes(16, (0, 0xf1), (15, 0x80))]);
        Assert.Equal([8.75f, 8.25f, .25f], [y[0], y[1], y[15]]);
        Assert.Equal([7.75f, .25f, 12.25f], [y[16], y[17], y[31]]);
    }

    [Fact]
    public void Q8_0()
    {
        float[] y = Decode("Q8_0", [Half0, HalfD, .. Bytes(32, (0, 0x80), (31, 0x7f))]);
        Assert.Equal([-64f, 0f, 63.5f], [y[0], y[1], y[31]]);
    }

    [Fact]
    public void Q2_K()
    {
        // Group 3 (weights 48 to 63): bits 2 and 3 of bytes 16 to 31. Group 8 (128 to 143): bits 0 and 1 of bytes 32 to 47.
        byte[] scales = Bytes(16, (3, 0x21), (8, 0x0f));
        byte[] quants = Bytes(64, (17, 0x0c), (32, 0x02));
        float[] y = Decode("Q2_K", [.. scales, .. quants, Half0, HalfD, Half0, HalfM]);
        Assert.Equal([0f, -.5f, 3 * .5f - .5f], [y[47], y[48], y[49]]);
        Assert.Equal([2 * 7.5f, 0f], [y[128], y[129]]);
    }

    [Fact]
    public void Q3_K()
    {
        // Scale 3: low nibble of byte 3 and bits 0 and 1 of byte 11. Scale 13: high nibble of byte 5 and bits 6 and 7 of byte 9.
        byte[] scales = Bytes(12, (3, 0x01), (11, 0x03), (5, 0xf0), (9, 0x40));
        byte[] low = Bytes(64, (17, 0x0c), (48, 0x20));
        byte[] high = Bytes(32, (17, 0x02), (16, 0x40));
        float[] y = Decode("Q3_K", [.. high, .. low, .. scales, Half0, HalfD]);
        Assert.Equal([.5f * 17 * -4, .5f * 17 * 3], [y[48], y[49]]);
        Assert.Equal([.5f * -1 * (2 + 4 - 4), .5f * -1 * -4], [y[208], y[209]]);
        Assert.Equal(.5f * -32 * -4, y[0]);
    }

    [Fact]
    public void Q4_K()
    {
        // Sub-block 1: scale byte 1, minimum byte 5. Sub-block 6: low bits in byte 10, upper bits in bytes 2 and 6.
        byte[] scales = Bytes(12, (1, 0x03), (5, 0x02), (10, 0x51), (2, 0x80), (6, 0x40));
        byte[] quants = Bytes(128, (31, 0xe0), (96, 0x0b));
        float[] y = Decode("Q4_K", [Half0, HalfD, Half0, HalfM, .. scales, .. quants]);
        Assert.Equal([-.5f, 14 * 1.5f - .5f, 0f], [y[62], y[63], y[64]]);
        Assert.Equal([11 * .5f * 33 - .25f * 21, -.25f * 21], [y[192], y[193]]);
    }

    [Fact]
    public void Q5_K()
    {
        byte[] scales = Bytes(12, (1, 0x03), (5, 0x02), (10, 0x51), (2, 0x80), (6, 0x40));
        byte[] fifth = Bytes(32, (31, 0x02), (0, 0x40));
        byte[] quants = Bytes(128, (31, 0xe0), (96, 0x0b));
        float[] y = Decode("Q5_K", [Half0, HalfD, Half0, HalfM, .. scales, .. fifth, .. quants]);
        Assert.Equal([-.5f, 30 * 1.5f - .5f, 0f], [y[62], y[63], y[64]]);
        Assert.Equal([27 * .5f * 33 - .25f * 21, -.25f * 21], [y[192], y[193]]);
    }

    [Fact]
    public void Q6_K()
    {
        // Group 3 (weights 48 to 63): low nibbles of bytes 48 to 63. Group 12 (192 to 207): high nibbles of bytes 64 to 79, bits 4 and 5.
        byte[] low = Bytes(128, (49, 0x0f), (64, 0xe0));
        byte[] high = Bytes(64, (17, 0x0c), (32, 0x10));
        byte[] scales = Bytes(16, (3, 0x02), (12, 0x80));
        float[] y = Decode("Q6_K", [.. low, .. high, .. scales, Half0, HalfD]);
        Assert.Equal([-32f, 31f, 0f], [y[48], y[49], y[0]]);
        Assert.Equal([.5f * -128 * (30 - 32), .5f * -128 * -32], [y[192], y[193]]);
    }

    [Fact]
    public void IQ4_NL()
    {
        float[] y = Decode("IQ4_NL", [Half0, HalfD, .. Bytes(16, (0, 0xf1), (15, 0x80))]);
        Assert.Equal([-52f, -63.5f, -63.5f], [y[0], y[1], y[15]]);
        Assert.Equal([56.5f, -63.5f, .5f], [y[16], y[17], y[31]]);
    }

    [Fact]
    public void IQ4_XS()
    {
        // Scale of group 1: high bits 2 and 3, low nibble the upper one of byte 0; of group 6: bits 12 and 13, lower nibble of byte 3.
        byte[] quants = Bytes(128, (16, 0xf8), (111, 0x70));
        float[] y = Decode("IQ4_XS", [Half0, HalfD, 0x08, 0x10, .. Bytes(4, (0, 0x50), (3, 0x03)), .. quants]);
        Assert.Equal([.5f * (37 - 32), .5f * 5 * -127], [y[32], y[33]]);
        Assert.Equal(.5f * 5 * 113, y[48]);
        Assert.Equal([.5f * (19 - 32) * -127, .5f * -13 * -10], [y[207], y[223]]);
        Assert.Equal(.5f * -32 * -127, y[0]);
    }

    [Theory]
    [InlineData(0, 0x00200000)]
    [InlineData(1, 0x00400000)]
    [InlineData(2, 0x00800000)]
    [InlineData(128, 0x3f800000)]
    [InlineData(255, 0x7f000000)]
    public void MXFP4(byte exponent, int bits)
    {
        float[] y = Decode("MXFP4", [exponent, .. Bytes(16, (0, 0xf1), (15, 0x95))]);
        float scale = BitConverter.Int32BitsToSingle(bits);
        Assert.Equal([scale, 0f, 6 * scale], [y[0], y[1], y[15]]);
        Assert.Equal([-12 * scale, 0f, -scale], [y[16], y[17], y[31]]);
    }

    [Theory]
    [InlineData(0x00, 0f)]
    [InlineData(0x01, 0.0009765625f)]
    [InlineData(0x07, 0.0068359375f)]
    [InlineData(0x08, 0.0078125f)]
    [InlineData(0x3a, .625f)]
    [InlineData(0x7e, 224f)]
    [InlineData(0x7f, 0f)]
    [InlineData(0x81, 0.0009765625f)]
    public void NVFP4(byte scale, float half)
    {
        // Groups 1 (weights 16 to 31) and 2.
        float[] y = Decode("NVFP4", [.. Bytes(4, (1, scale), (2, 0x38)), .. Bytes(32, (8, 0xf1), (15, 0x95), (16, 0x02))]);
        Assert.Equal([half, 6 * half, -12 * half, -half], [y[16], y[23], y[24], y[31]]);
        Assert.Equal([0f, 1f, 0f], [y[15], y[32], y[33]]);
    }

    [Fact]
    public void TQ1_0()
    {
        // A byte is the ternary fraction of its digits, rounded up: 0.10000 is 81/243, times 256 is 86; 0.00002 is 3; 0.2 and zeros 171.
        byte[] fives = Bytes(48, (1, 86), (31, 3), (47, 171));
        float[] y = Decode("TQ1_0", [.. fives, .. Bytes(4, (2, 86)), Half0, HalfD]);
        Assert.Equal([-.5f, 0f, -.5f], [y[0], y[1], y[33]]);
        Assert.Equal([-.5f, .5f], [y[31], y[128 + 31]]);
        Assert.Equal([.5f, -.5f], [y[160 + 15], y[176 + 15]]);
        Assert.Equal([-.5f, 0f, -.5f], [y[241], y[242], y[246]]);
    }

    [Fact]
    public void TQ2_0()
    {
        float[] y = Decode("TQ2_0", [.. Bytes(64, (1, 0x0d), (63, 0x80)), Half0, HalfD]);
        Assert.Equal([-.5f, 0f, 1f], [y[0], y[1], y[33]]);
        Assert.Equal([.5f, -.5f], [y[255], y[223]]);
    }

    [Fact]
    public void Q1_0()
    {
        float[] y = Decode("Q1_0", [Half0, HalfD, .. Bytes(16, (0, 0x02), (15, 0x80))]);
        Assert.Equal([-.5f, .5f, -.5f, -.5f, .5f], [y[0], y[1], y[2], y[126], y[127]]);
    }

    [Fact]
    public void Q2_0()
    {
        float[] y = Decode("Q2_0", [Half0, HalfD, .. Bytes(16, (0, 0xe4), (15, 0x80))]);
        Assert.Equal([-.5f, 0f, .5f, 1f], y[..4]);
        Assert.Equal([-.5f, .5f], y[62..]);
    }

    // The codebooks' points begin with the smallest magnitudes, or all -1.

    [Fact]
    public void IQ1_S()
    {
        // Point 4 of group 1: its number is 0 from byte 4, the scale 2·3 + 1, and 1/8 is subtracted.
        float[] y = Decode("IQ1_S", [Half0, HalfD, .. new byte[32], .. Bytes(16, (3, 0xb0))]);
        Assert.Equal([.5f * -.875f, .5f * 7 * -1.125f, .5f * 7 * -1.125f, .5f * -.875f], [y[31], y[32], y[63], y[64]]);
    }

    [Fact]
    public void IQ1_M()
    {
        // 0.5 is 0x3800: its nibbles are above the scales. Group 1 (weights 16 to 31) has scale 2·2 + 1; 1/8 is subtracted from its second point.
        float[] y = Decode("IQ1_M", [.. new byte[32], .. Bytes(16, (1, 0x80)), 0x10, 0, 0, 0, 0, 0x80, 0, 0x30]);
        Assert.Equal([.5f * -.875f, .5f * 5 * -.875f, .5f * 5 * -1.125f], [y[0], y[16], y[24]]);
    }

    [Fact]
    public void IQ2_XXS()
    {
        // Seven signs of point 1 of group 0; those of point 2 are one, so that the eighth weight is negative too. s = 3.
        byte[] groups = Bytes(64, (4, 0x80), (5, 0x7f), (7, 0x30));
        float[] y = Decode("IQ2_XXS", [Half0, HalfD, .. groups]);
        Assert.Equal([3.5f, -3.5f, -3.5f], [y[0], y[8], y[15]]);
        Assert.Equal([-3.5f, 3.5f, -3.5f], [y[16], y[17], y[23]]);
        Assert.Equal(.5f, y[32]);
    }

    [Fact]
    public void IQ2_XS()
    {
        float[] y = Decode("IQ2_XS", [Half0, HalfD, .. Bytes(64, (5, 0x06)), .. Bytes(8, (0, 0x10))]);
        Assert.Equal([.5f, -1.5f, -1.5f, 1.5f, 1.5f], [y[15], y[16], y[17], y[18], y[23]]);
    }

    [Fact]
    public void IQ2_S()
    {
        float[] y = Decode("IQ2_S", [Half0, HalfD, .. new byte[32], .. Bytes(32, (2, 0x81)), .. new byte[8], .. Bytes(8, (0, 0x10))]);
        Assert.Equal([.5f, -1.5f, 1.5f, -1.5f], [y[15], y[16], y[17], y[23]]);
    }

    [Fact]
    public void IQ3_XXS()
    {
        float[] y = Decode("IQ3_XXS", [Half0, HalfD, .. new byte[64], .. Bytes(32, (4, 0x01), (7, 0x10))]);
        Assert.Equal([.5f, -1.5f, 1.5f, -1.5f, 1.5f], [y[31], y[32], y[33], y[39], y[40]]);
    }

    [Fact]
    public void IQ3_S()
    {
        // The second point is number 1: 3, 1, 1, 1.
        float[] y = Decode("IQ3_S", [Half0, HalfD, .. Bytes(64, (9, 1)), .. new byte[8], .. Bytes(32, (4, 0x81)), .. Bytes(4, (0, 0x10))]);
        Assert.Equal([.5f, -1.5f, 1.5f, 4.5f, -1.5f], [y[31], y[32], y[33], y[36], y[39]]);
    }
}
