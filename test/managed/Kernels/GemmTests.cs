using Realm.Formats;
using Realm.Kernels;
using Realm.Tests.Formats;
using Xunit;

namespace Realm.Tests.Kernels;

/// <summary>Packing and matrix products of every format: against double precision, and all ways to run a kernel against each other, bit by bit.</summary>
public class GemmTests
{
    public static TheoryData<string> Names => FormatsTests.Names;

    private static float[] Values(int count, Random random)
    {
        float[] x = new float[count];
        for (int i = 0; i < count; i++)
            x[i] = (random.NextSingle() - 0.5f) * 4;
        return x;
    }

    // The sum over k of |w·a|, where each weight counts at least as much as the largest of its row: kernels work with q and the
    // offset apart, so that is what rounding errors are in proportion to.
    private static (double Product, double Size) Expected(PackedProduct product, float[] weights, int row, int slot, int columns)
    {
        ReadOnlySpan<float> w = weights.AsSpan(row * columns, columns);
        double largest = 0, sum = 0, size = 0;
        foreach (float v in w)
            largest = Math.Max(largest, Math.Abs(v));
        for (int k = 0; k < columns; k++)
        {
            double a = product.Activation(slot, k);
            sum += w[k] * a;
            size += largest * Math.Abs(a);
        }
        return (sum, size);
    }

    // Quantised: a few roundings a block. Single precision: one for each of up to 768 weights.
    private static unsafe double Tolerance(WeightFormat format) => format.CreateWeight(null, 16, 256).Layout == ActivationLayout.Single ? 3e-6 : 2e-7;

    [Fact]
    public void EveryFormatHasItsFormsInTheseTests() =>
        Assert.Equal(Realm.Formats.Formats.All.Select(f => f.Name), GemmForms.All.Select(f => f.Format));

    [Theory]
    [MemberData(nameof(Names))]
    public void ProductIsThatOfTheDecodedWeights(string name)
    {
        const int Rows = 37, Columns = 768;
        WeightFormat format = FormatsTests.Find(name);
        Random random = new(11);
        byte[] blocks = SampleBlocks.Random(format, Rows * Columns / format.BlockElements, random);
        float[] weights = FormatsTests.Decode(format, blocks);
        float[] x = Values(8 * Columns, random);
        foreach (bool packed in (bool[])[true, false])
        {
            using PackedProduct product = new(format, blocks, Rows, Columns, x, packed);
            Assert.Equal(3, product.Groups);
            for (int group = 0; group < product.Groups; group++)
            {
                float[] output = product.Multiply(group, 8);
                for (int i = 0; i < output.Length; i++)
                {
                    int row = 16 * group + i % 16;
                    if (row >= Rows)
                    {
                        Assert.Equal(0f, output[i]);
                        continue;
                    }
                    (double expected, double size) = Expected(product, weights, row, i / 16, Columns);
                    Assert.InRange(output[i], expected - Tolerance(format) * size, expected + Tolerance(format) * size);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryFormGivesTheSameBits(string name)
    {
        const int Rows = 21, Columns = 512;
        WeightFormat format = FormatsTests.Find(name);
        Random random = new(12);
        byte[] blocks = SampleBlocks.Random(format, Rows * Columns / format.BlockElements, random);
        using PackedProduct product = new(format, blocks, Rows, Columns, Values(8 * Columns, random));
        AssertSameBits(name, product);
    }

    // All q and scales at their ends, all activations ±127: nothing may saturate.
    [Theory]
    [MemberData(nameof(Names))]
    public void ExtremesDoNotSaturate(string name)
    {
        const int Columns = 512;
        WeightFormat format = FormatsTests.Find(name);
        byte[][] choices = [[0xff], [0x7f], [0x80], [0x00], [0xff, 0x00], [0xff, 0x7f], [0x80, 0x7f, 0xff, 0x00]];
        foreach (byte[] choice in choices)
        {
            Random random = new(13);
            byte[] blocks = SampleBlocks.Extreme(format, 16 * Columns / format.BlockElements, random, choice);
            float[] x = new float[8 * Columns];
            for (int i = 0; i < x.Length; i++)
                x[i] = (i / Columns) switch { 0 => 127f, 1 => -127f, 2 => i % 2 == 0 ? 127f : -127f, _ => random.Next(2) * 254 - 127 };
            using PackedProduct product = new(format, blocks, 16, Columns, x);
            AssertSameBits(name, product);
            float[] weights = FormatsTests.Decode(format, blocks);
            float[] output = product.Multiply(0, 8);
            for (int i = 0; i < output.Length; i++)
            {
                (double expected, double size) = Expected(product, weights, i % 16, i / 16, Columns);
                Assert.InRange(output[i], expected - Tolerance(format) * size, expected + Tolerance(format) * size);
            }
        }
    }

    // The largest 6-bit q with the largest scales of either sign, which bytes that are all the same can't make.
    [Fact]
    public void SixBitExtremesDoNotSaturate()
    {
        WeightFormat format = FormatsTests.Find("Q6_K");
        byte[] blocks = new byte[16 * 210];
        for (int row = 0; row < 16; row++)
        {
            Span<byte> block = blocks.AsSpan(210 * row, 210);
            block[..192].Fill(0xff);
            block[192..208].Fill(row % 2 == 0 ? (byte)0x7f : (byte)0x80);
            BitConverter.TryWriteBytes(block[208..], (Half)1f);
        }
        float[] x = Enumerable.Repeat(127f, 8 * 256).ToArray();
        using PackedProduct product = new(format, blocks, 16, 256, x);
        AssertSameBits("Q6_K", product);
        float[] output = product.Multiply(0, 8);
        for (int i = 0; i < output.Length; i++)
            Assert.Equal((i % 2 == 0 ? 127 : -128) * 31 * 127 * 256, output[i]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ZerosGiveZero(string name)
    {
        const int Columns = 256;
        WeightFormat format = FormatsTests.Find(name);
        float[] x = Values(8 * Columns, new Random(14));
        using PackedProduct zeroWeights = new(format, new byte[16 * Columns / format.BlockElements * format.BlockBytes], 16, Columns, x);
        Assert.All(zeroWeights.Multiply(0, 8), y => Assert.Equal(0f, y));
        byte[] blocks = SampleBlocks.Random(format, 16 * Columns / format.BlockElements, new Random(15));
        using PackedProduct zeroActivations = new(format, blocks, 16, Columns, new float[8 * Columns]);
        Assert.All(zeroActivations.Multiply(0, 8), y => Assert.Equal(0f, y));
    }

    // Half-precision weights that are subnormal are small numbers, not zeros.
    [Fact]
    public void SubnormalHalvesCount()
    {
        WeightFormat format = FormatsTests.Find("F16");
        byte[] blocks = new byte[16 * 2];
        for (int row = 0; row < 16; row++)
            BitConverter.TryWriteBytes(blocks.AsSpan(2 * row), BitConverter.UInt16BitsToHalf((ushort)(1 + 64 * row)));
        using PackedProduct product = new(format, blocks, 16, 1, Enumerable.Repeat(3f, 8).ToArray());
        float[] output = product.Multiply(0, 8);
        for (int i = 0; i < output.Length; i++)
            Assert.Equal(3f * (1 + 64 * (i % 16)) * MathF.Pow(2, -24), output[i]);
        AssertSameBits("F16", product);
    }

    // A single row takes two columns at a time.
    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void OddColumnsCount(string name)
    {
        WeightFormat format = FormatsTests.Find(name);
        Random random = new(16);
        foreach (int columns in (int[])[1, 2, 3, 33])
        {
            byte[] blocks = SampleBlocks.Random(format, 16 * columns, random);
            using PackedProduct product = new(format, blocks, 16, columns, Values(8 * columns, random));
            AssertSameBits(name, product);
        }
    }

    // In its place and, where nothing is packed, widened over the packed group in the same memory.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WidenedHalvesGiveTheSameBits(bool packed)
    {
        WeightFormat format = FormatsTests.Find("F16");
        Random random = new(17);
        foreach (int columns in (int[])[1, 2, 33, 512])
        {
            byte[] blocks = SampleBlocks.Random(format, 21 * columns, random);
            using PackedProduct product = new(format, blocks, 21, columns, Values(8 * columns, random), packed);
            for (int group = 0; group < product.Groups; group++)
                FormatsTests.AssertSameBits(product.Multiply(group, 8), product.MultiplyBatch(group, 8));
        }
    }

    private static void AssertSameBits(string name, PackedProduct product)
    {
        GemmForms forms = GemmForms.All.Single(f => f.Format == name);
        for (int group = 0; group < product.Groups; group++)
        {
            float[] all = product.Multiply(forms.Reference, group, 8);
            for (int tokens = 1; tokens <= Lanes.Tokens; tokens++)
            {
                ReadOnlySpan<float> expected = all.AsSpan(0, 16 * tokens);
                FormatsTests.AssertSameBits(expected, product.Multiply(forms.Reference, group, tokens));
                FormatsTests.AssertSameBits(expected, product.Multiply(group, tokens));
                foreach ((_, Product run) in forms.Fast)
                    FormatsTests.AssertSameBits(expected, product.Multiply(run, group, tokens));
            }
        }
    }
}
