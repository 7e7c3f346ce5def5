using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Kernels;

public unsafe class RmsNormTests
{
    [Theory]
    [InlineData(8)]
    [InlineData(24)]
    [InlineData(37)]
    [InlineData(576)]
    public void Follows_the_formula(int n)
    {
        Random random = new(n);
        float[] x = [.. Enumerable.Range(0, n).Select(_ => random.NextSingle() * 4 - 2)];
        float[] weight = [.. Enumerable.Range(0, n).Select(_ => random.NextSingle())];
        float[] y = new float[n];
        fixed (float* px = x, pw = weight, py = y)
            RmsNorm.Compute(px, pw, 1e-5f, n, py);
        double scale = 1 / Math.Sqrt(x.Sum(v => (double)v * v) / n + 1e-5);
        for (int i = 0; i < n; i++)
            Assert.InRange(y[i] - x[i] * scale * weight[i], -1e-6, 1e-6);
    }
}
