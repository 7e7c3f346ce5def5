using Realm.Kernels;

namespace Realm.Branches;

/// <summary>Results of heads times softplus of a gate that was projected beside the queries: a number for each result, or one for each
/// head.</summary>
/// <param name="offset">Where the gates begin in a projected row.</param>
/// <param name="gates">How many there are.</param>
/// <param name="each">Results that one gate is for.</param>
internal sealed unsafe class SoftplusGate(int offset, int gates, int each) : ResultChange
{
    public override void Apply(float* results, float* projected)
    {
        for (int gate = 0; gate < gates; gate++)
        {
            float factor = Softplus.Compute(projected[offset + gate]);
            for (int i = 0; i < each; i++)
                *results++ *= factor;
        }
    }
}
