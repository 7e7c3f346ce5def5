using Realm.Formats;
using Realm.Gguf;
using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Formats;

/// <summary>A number that is not finite is told of by whatever packs, unpacks or multiplies it, if and only if decoding it gives one.</summary>
public sealed unsafe class NonFiniteTests
{
    public static TheoryData<string> Names => new(Realm.Formats.Formats.All.Select(format => format.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Kernels_and_decoding_agree(string name)
    {
        WeightFormat format = Realm.Formats.Formats.All.Single(format => format.Name == name);
        Random random = new(7);
        int columns = Math.Max(256, format.BlockElements), blocks = columns / format.BlockElements;
        bool[] seen = new bool[2];
        for (int round = 0; round < 300; round++)
        {
            int rows = round % 3 == 0 ? 11 : 16;
            long rowBytes = (long)blocks * format.BlockBytes;
            byte[] bytes = new byte[rows * rowBytes];
            // Every other round has exponents of ones nowhere but, perhaps, in one place.
            random.NextBytes(bytes);
            if (round % 2 == 0)
            {
                for (int i = 0; i < bytes.Length; i++)
                    bytes[i] &= 0xbb;
                if (round % 4 == 0)
                    bytes.AsSpan(random.Next(rows) * (int)rowBytes, format.BlockBytes).Fill(0xff);
            }
            float[] values = new float[(long)rows * columns];
            fixed (byte* data = bytes)
            fixed (float* v = values)
            {
                format.Decode(data, v, values.Length);
                // MXFP4 has scales with which some values are finite and others not: those are told of either way.
                bool isFinite = values.All(float.IsFinite) && (name != "MXFP4" || !bytes.Where((_, i) => i % format.BlockBytes == 0).Any(e => e >= 253));
                seen[isFinite ? 1 : 0] = true;
                Weight weight = format.CreateWeight(data, rows, columns);
                byte* scratch = SystemMemory.AllocateLines(weight.GroupBytes);
                foreach (int tokens in (int[])[1, 8])
                {
                    NonFinite found = new();
                    weight.Report = ("it", found);
                    byte* group = weight.Group(0, scratch);
                    Multiply(weight, group, columns, tokens);
                    if (isFinite)
                        found.Check();
                    else
                        Assert.Equal("tensor 'it' has a number that is not finite (infinite, or no number at all): the file is damaged",
                            Assert.Throws<RealmException>(found.Check).Message);
                }
                SystemMemory.FreeLines(scratch);
            }
        }
        // One format has scales without infinities.
        Assert.True(seen[1]);
        Assert.Equal(name != "NVFP4", seen[0]);
    }

    private static void Multiply(Weight weight, byte* group, int columns, int tokens)
    {
        using Realm.Passes.Inputs inputs = new(8, columns, Realm.Passes.LayoutSet.Of([weight]));
        inputs.SetColumns(columns);
        float* sums = stackalloc float[2 * Lanes.Tokens * Lanes.Rows];
        weight.Multiply(group, inputs.Tile(weight.Layout, 0), tokens, sums);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(100)]
    public void Finds_the_first(int count)
    {
        float[] values = [.. Enumerable.Range(0, count).Select(i => i - 3.5f)];
        fixed (float* v = values)
        {
            Assert.Equal(-1, Finite.IndexOfOther(v, count));
            for (int i = count - 1; i >= 0; i--)
            {
                v[i] = i % 2 == 0 ? float.NaN : float.NegativeInfinity;
                Assert.Equal(i, Finite.IndexOfOther(v, count));
            }
        }
    }
}
