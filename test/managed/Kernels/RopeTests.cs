using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Kernels;

public unsafe class RopeTests
{
    [Fact]
    public void Sine_and_cosine_agree_with_the_library()
    {
        for (double angle = 0; angle < 140000; angle = angle * 1.013 + 0.0071)
        {
            (float cos, float sin) = Rope.CosSin(angle);
            Assert.InRange(cos - Math.Cos(angle), -6e-8, 6e-8);
            Assert.InRange(sin - Math.Sin(angle), -6e-8, 6e-8);
        }
    }

    [Theory]
    [InlineData(RopePairing.Neighbours)]
    [InlineData(RopePairing.Halves)]
    public void Turns_pairs_and_leaves_the_rest(RopePairing pairing)
    {
        const int size = 30, dims = 20;
        float[] head = [.. Enumerable.Range(0, size).Select(i => 0.1f * i - 1)];
        float[] expected = [.. head];
        float[] cos = new float[dims / 2], sin = new float[dims / 2];
        for (int i = 0; i < dims / 2; i++)
        {
            (cos[i], sin[i]) = Rope.CosSin(0.3 * i + 0.1);
            (int a, int b) = pairing == RopePairing.Neighbours ? (2 * i, 2 * i + 1) : (i, i + dims / 2);
            (expected[a], expected[b]) = (head[a] * cos[i] - head[b] * sin[i], head[a] * sin[i] + head[b] * cos[i]);
        }
        fixed (float* h = head, c = cos, s = sin)
            Rope.Apply(h, dims, pairing, c, s);
        Assert.Equal(expected, head);
    }
}
