using Realm.Formats;
using Realm.Kernels;
using Realm.Kernels.Emitted;
using Realm.Tests.Formats;
using Xunit;

namespace Realm.Tests.Kernels;

/// <summary>Scales that are bytes: all there are, subnormal ones too, give the same bits in every form.</summary>
public unsafe class TableScaleTests
{
    [Theory]
    [InlineData("MXFP4", 1)]
    [InlineData("NVFP4", 4)]
    public void EveryScaleGivesTheBitsOfTheReference(string name, int scales)
    {
        const int Rows = 256;
        WeightFormat format = FormatsTests.Find(name);
        GemmForms forms = GemmForms.All.Single(f => f.Format == name);
        byte[] block = SampleBlocks.Random(format, 1, new Random(23)), weights = new byte[Rows * block.Length];
        for (int row = 0; row < Rows; row++)
        {
            block.CopyTo(weights, row * block.Length);
            for (int i = 0; i < scales; i++)
                weights[row * block.Length + i] = (byte)(row + 64 * i);
        }
        float[] x = Enumerable.Range(0, 8 * format.BlockElements).Select(i => (i * 7 % 31 - 15) / 4096f).ToArray();
        using PackedProduct product = new(format, weights, Rows, format.BlockElements, x);
        for (int group = 0; group < product.Groups; group++)
        {
            float[] expected = product.Multiply(forms.Reference, group, 8);
            foreach ((_, Product run) in forms.Fast)
                FormatsTests.AssertSameBits(expected, product.Multiply(run, group, 8));
            if (GemmForms.Emitted[name] is { } emitted)
                FormatsTests.AssertSameBits(expected, product.Multiply((w, n, tile, t, o) => Assert.True(KernelForms.Run(emitted, w, n, tile, t, o)), group, 8));
        }
    }
}
