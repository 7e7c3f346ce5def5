using Realm.Formats;
using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Formats;

/// <summary>The table of formats, and decoding against golden vectors and against blocks worked out by hand.</summary>
public unsafe class FormatsTests
{
    public static TheoryData<string> Names => new(Realm.Formats.Formats.All.Select(f => f.Name));

    internal static WeightFormat Find(string name) => Realm.Formats.Formats.All.Single(f => f.Name == name);

    [Theory]
    [MemberData(nameof(Names))]
    public void StructHasTheSizeThatFilesHave(string name)
    {
        WeightFormat format = Find(name);
        Assert.Equal(new BlockSize((uint)format.BlockElements, (uint)format.BlockBytes), Realm.Formats.Formats.BlockSize(format.Id));
        Assert.Equal(name, Realm.Formats.Formats.Name(format.Id));
        Assert.Same(format, Realm.Formats.Formats.Find(format.Id));
    }

    [Theory]
    [InlineData(9, "Q8_1", 32, 36)]
    [InlineData(15, "Q8_K", 256, 292)]
    [InlineData(24, "I8", 1, 1)]
    [InlineData(28, "F64", 1, 8)]
    public void SizesOfTypesThatCanNotBeDecodedAreKnown(uint id, string name, uint elements, uint bytes)
    {
        Assert.Null(Realm.Formats.Formats.Find(id));
        Assert.Equal(new BlockSize(elements, bytes), Realm.Formats.Formats.BlockSize(id));
        Assert.Equal(name, Realm.Formats.Formats.Name(id));
    }

    [Theory]
    [InlineData(4, "Q4_2 (removed)")]
    [InlineData(31, "Q4_0_4_4 (removed)")]
    [InlineData(43, "type 43")]
    [InlineData(uint.MaxValue, "type 4294967295")]
    public void RemovedAndUnknownTypesHaveNoSize(uint id, string name)
    {
        Assert.Null(Realm.Formats.Formats.Find(id));
        Assert.Null(Realm.Formats.Formats.BlockSize(id));
        Assert.Equal(name, Realm.Formats.Formats.Name(id));
    }

    [GoldenTheory]
    [MemberData(nameof(Names))]
    public void DecodesGoldenVectorsToTheSameBits(string name)
    {
        (byte[] blocks, float[] expected) = GoldenVectors.Read(name);
        AssertSameBits(expected, Decode(Find(name), blocks));
    }

    internal static float[] Decode(WeightFormat format, byte[] blocks)
    {
        float[] output = new float[blocks.Length / format.BlockBytes * format.BlockElements];
        fixed (byte* from = blocks)
        fixed (float* to = output)
            format.Decode(from, to, output.Length);
        return output;
    }

    internal static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
                Assert.Fail($"value {i}: expected {expected[i]:R}, got {actual[i]:R}");
        }
    }
}
