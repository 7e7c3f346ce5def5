using Realm.Formats;
using Xunit;

namespace Realm.Tests.Formats;

/// <summary>All points of the codebooks, by a hash of GGML's own tables (which reference vectors only use in part).</summary>
public unsafe class CodebookTests
{
    [Fact]
    public void EveryPointIsGgmls()
    {
        Assert.Equal(545710712u, Hash(Codebook.IQ1, 2048, 8, 1));
        Assert.Equal(4249077709u, Hash(Codebook.IQ2_XXS, 256, 8));
        Assert.Equal(4061046210u, Hash(Codebook.IQ2_XS, 512, 8));
        Assert.Equal(1777484421u, Hash(Codebook.IQ2_S, 1024, 8));
        Assert.Equal(214483744u, Hash(Codebook.IQ3_XXS, 256, 4));
        Assert.Equal(1779749328u, Hash(Codebook.IQ3_S, 512, 4));
    }

    // h = 31·h + value, modulo 2^32; of IQ1 eight times the value, which is 1 more in our table.
    private static uint Hash(short* points, int count, int length, int raised = 0)
    {
        uint hash = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < length; j++)
                hash = hash * 31 + (uint)(points[length * i + Words.Place(j)] - raised);
        }
        return hash;
    }

    [Fact]
    public void EightSignsAreTheBits()
    {
        for (int i = 0; i < 256; i++)
        {
            for (int j = 0; j < 8; j++)
                Assert.Equal(-(i >> j & 1), Codebook.Signs[8 * i + Words.Place(j)]);
        }
    }

    [Fact]
    public void SevenSignsMakeAnEvenNumberOfEight()
    {
        for (int i = 0; i < 128; i++)
        {
            int sum = 0;
            for (int j = 0; j < 8; j++)
                sum += Codebook.EvenSigns[8 * i + Words.Place(j)];
            Assert.Equal(0, sum % 2);
            for (int j = 0; j < 7; j++)
                Assert.Equal(-(i >> j & 1), Codebook.EvenSigns[8 * i + Words.Place(j)]);
        }
    }
}
