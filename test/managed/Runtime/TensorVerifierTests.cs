using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>Every number of a file is looked at, piece by piece.</summary>
public unsafe class TensorVerifierTests
{
    private const int Count = 70_000;

    [Theory]
    [InlineData(0, float.NaN)]
    [InlineData(65_536, float.NegativeInfinity)]
    [InlineData(Count - 1, float.PositiveInfinity)]
    public void A_number_that_is_not_finite(int index, float number)
    {
        float[] numbers = new float[Count];
        RealmException? Verify()
        {
            byte[] bytes = new GgufWriter().Add("general.architecture", "llama").Tensor("first", [1], [1]).Tensor("second", [Count], numbers).ToArray();
            fixed (byte* start = bytes)
            {
                using ModelFile file = ModelFile.OpenBytes(start, bytes.Length);
                Assert.False(TensorVerifier.Verify(file, () => true));
                return Record.Exception(() => Assert.True(TensorVerifier.Verify(file, () => false))) as RealmException;
            }
        }

        Assert.Null(Verify());
        numbers[index] = number;
        RealmException? refusal = Verify();
        Assert.Equal(ErrorCode.Numeric, refusal?.Code);
        Assert.Contains("'second'", refusal!.Message);
        Assert.Contains($"at index {index}", refusal.Message);
    }
}
