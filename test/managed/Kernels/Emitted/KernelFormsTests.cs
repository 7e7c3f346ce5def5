using System.Globalization;
using Realm.Formats;
using Realm.Kernels;
using Realm.Kernels.Emitted;
using Realm.Tests.Formats;
using Xunit;

namespace Realm.Tests.Kernels.Emitted;

/// <summary>Emitted kernels: the bits of the plain loops, and the pages that they lie in.</summary>
public unsafe class KernelFormsTests
{
    public static TheoryData<string> Names => [.. GemmForms.Emitted.Keys];

    [EmittedTheory]
    [MemberData(nameof(Names))]
    public void EveryFormGivesTheBitsOfTheReference(string name)
    {
        nint[]? forms = GemmForms.Emitted[name];
        Assert.NotNull(forms);
        WeightFormat format = FormatsTests.Find(name);
        Product reference = GemmForms.All.Single(f => f.Format == name).Reference;
        Random random = new(21);
        int elements = Math.Max(format.BlockElements, 32);
        foreach (int blocks in (int[])[1, 2, 3, 7, 24])
        {
            int columns = blocks * elements;
            float[] x = new float[8 * columns];
            for (int i = 0; i < x.Length; i++)
                x[i] = (random.NextSingle() - 0.5f) * 4;
            byte[] weights = SampleBlocks.Random(format, 16 * blocks, random);
            using PackedProduct product = new(format, weights, 16, columns, x);
            float[] expected = product.Multiply(reference, 0, 8);
            for (int tokens = forms[1] == 0 ? 2 : 1; tokens <= Lanes.Tokens; tokens++)
            {
                float[] actual = product.Multiply((w, n, tile, t, o) => Assert.True(KernelForms.Run(forms, w, n, tile, t, o)), 0, tokens);
                FormatsTests.AssertSameBits(expected.AsSpan(0, 16 * tokens), actual);
            }
        }
    }

    // Every half there is, infinities and those that are no numbers too, as scale of a block.
    [EmittedTheory]
    [InlineData("Q4_1", 0)]
    [InlineData("Q5_0", 0)]
    [InlineData("Q6_K", 208)]
    public void EveryHalfAsScaleGivesTheBitsOfTheReference(string name, int at)
    {
        const int Rows = 65536;
        WeightFormat format = FormatsTests.Find(name);
        GemmForms all = GemmForms.All.Single(f => f.Format == name);
        // Their weights are all the same: what is asked is what becomes of the scale.
        byte[] block = SampleBlocks.Random(format, 1, new Random(22)), weights = new byte[Rows * block.Length];
        for (int row = 0; row < Rows; row++)
        {
            block.CopyTo(weights, row * block.Length);
            BitConverter.TryWriteBytes(weights.AsSpan(row * block.Length + at), (ushort)row);
        }
        float[] x = Enumerable.Range(0, 8 * format.BlockElements).Select(i => (i * 7 % 31 - 15) / 4f).ToArray();
        using PackedProduct product = new(format, weights, Rows, format.BlockElements, x);
        nint[]? forms = GemmForms.Emitted[name];
        for (int group = 0; group < product.Groups; group++)
        {
            float[] actual = product.Multiply((w, n, tile, t, o) => Assert.True(KernelForms.Run(forms, w, n, tile, t, o)), group, 2);
            FormatsTests.AssertSameBits(product.Multiply(all.Wide, group, 2), actual);
        }
    }

    [EmittedFact]
    public void TheirPagesCanBeExecutedAndNotWritten()
    {
        string[] maps = File.ReadAllLines("/proc/self/maps");
        foreach (nint[]? forms in GemmForms.Emitted.Values)
        {
            Assert.NotNull(forms);
            foreach (nint form in forms.Where(form => form != 0))
                Assert.Equal("r-xp", Protection(maps, form));
        }
    }

    private static string Protection(string[] maps, nint address)
    {
        foreach (string line in maps)
        {
            string[] parts = line.Split(' ', 3), range = parts[0].Split('-');
            if (address >= nint.Parse(range[0], NumberStyles.HexNumber) && address < nint.Parse(range[1], NumberStyles.HexNumber))
                return parts[1];
        }
        return "not mapped";
    }

    [Fact]
    public void ZeroTurnsThemOff()
    {
        Assert.False(KernelForms.Allowed("0"));
        Assert.True(KernelForms.Allowed(null));
        Assert.True(KernelForms.Allowed("1"));
    }

    [Fact]
    public void WithoutFormsNothingRuns()
    {
        float output = 3;
        Assert.False(KernelForms.Run(null, null, 1, null, 8, &output));
        Assert.False(KernelForms.Run(new nint[9], null, 1, null, 1, &output));
        Assert.Equal(3, output);
    }

    // mmap refuses this for another reason than a policy would, but it refuses.
    [Fact]
    public void WithoutMemoryThereIsNoCode() => Assert.True(ExecutableMemory.Publish([]) == null);
}
