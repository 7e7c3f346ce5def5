using Realm.Branches;
using Xunit;

namespace Realm.Tests.Branches;

public unsafe class SoftplusGateTests
{
    [Theory]
    [InlineData(3, 5)]
    [InlineData(15, 1)]
    public void Multiplies_with_the_softplus_of_each_gate(int gates, int each)
    {
        const int Offset = 7;
        Random random = new(gates);
        float[] results = BranchRun.Normal(random, gates * each), projected = BranchRun.Normal(random, Offset + gates, 4), expected = [.. results];
        for (int i = 0; i < expected.Length; i++)
            expected[i] = (float)(results[i] * Math.Log(1 + Math.Exp(projected[Offset + i / each])));
        fixed (float* r = results, p = projected)
            new SoftplusGate(Offset, gates, each).Apply(r, p);
        for (int i = 0; i < expected.Length; i++)
            Assert.InRange(results[i] - expected[i], -1e-5, 1e-5);
    }
}
