using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;
using Xunit;

namespace Realm.Tests.Branches;

/// <summary>Norms of sums against a plain loop.</summary>
public unsafe class NormedSumTests
{
    private const int Hidden = 24;
    private const float Epsilon = 1e-5f;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sum_is_normed_and_perhaps_added_to_once_more(bool twice)
    {
        Random random = new(5);
        float[] matrix = BranchRun.Normal(random, Hidden * Hidden, 0.2), x = BranchRun.Normal(random, 11 * Hidden);
        float[] first = BranchRun.Normal(random, Hidden), second = BranchRun.Normal(random, Hidden);
        using BranchRun run = new(Hidden);
        Norm norm = new LayerRowNorm(Hidden, run.Vector(first), null, Epsilon), again = new LayerRowNorm(Hidden, run.Vector(second), null, Epsilon);
        NormedSum block = new(new Projection(run.Linear(matrix, Hidden)), norm, twice ? again : null);
        float[] all = run.Run(block, x, chunk: 11);
        for (int row = 0; row < 11; row++)
        {
            double[] input = [.. x.Skip(row * Hidden).Take(Hidden).Select(v => (double)v)];
            double[] y = Normed([.. input.Select((v, i) => v + input.Select((w, j) => w * matrix[i * Hidden + j]).Sum())], first);
            double[] expected = twice ? Normed([.. y.Select((v, i) => v + input[i])], second) : y;
            for (int i = 0; i < Hidden; i++)
                Assert.Equal(expected[i], all[row * Hidden + i], 1e-5);
        }
        Assert.Equal(all, run.Run(block, x, chunk: 3));
    }

    private static double[] Normed(double[] x, float[] weight)
    {
        double mean = x.Average(), variance = x.Average(v => (v - mean) * (v - mean));
        return [.. x.Select((v, i) => (v - mean) / Math.Sqrt(variance + Epsilon) * weight[i])];
    }
}
