using Realm.Formats;
using Realm.Tests.Kernels;
using Xunit;

namespace Realm.Tests.Formats;

/// <summary>A matrix that stays in the file gives the bits of the packed one, for one token and for many.</summary>
public class MappedWeightTests
{
    public static TheoryData<string> Names => FormatsTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void MappedIsPacked(string name)
    {
        const int Rows = 21, Columns = 768;
        WeightFormat format = FormatsTests.Find(name);
        Random random = new(31);
        byte[] blocks = SampleBlocks.Random(format, Rows * Columns / format.BlockElements, random);
        float[] x = new float[8 * Columns];
        for (int i = 0; i < x.Length; i++)
            x[i] = (random.NextSingle() - 0.5f) * 4;
        using PackedProduct packed = new(format, blocks, Rows, Columns, x), mapped = new(format, blocks, Rows, Columns, x, packed: false);
        for (int group = 0; group < packed.Groups; group++)
        {
            for (int tokens = 1; tokens <= 8; tokens++)
                FormatsTests.AssertSameBits(packed.Multiply(group, tokens), mapped.Multiply(group, tokens));
        }
    }
}
