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
}
