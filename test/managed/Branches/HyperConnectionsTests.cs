using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;
using Xunit;

namespace Realm.Tests.Branches;

/// <summary>Several residual streams against a plain loop.</summary>
public unsafe class HyperConnectionsTests
{
    private const int Hidden = 24;
    private const int Rank = 5;
    private const int Rows = 11;
    private const float Epsilon = 1e-5f;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_branch_reads_a_gated_mean_and_is_added_to_each_stream_by_its_share(int streams)
    {
        int all = streams * Hidden;
        Random random = new(streams);
        float[] weight = BranchRun.Normal(random, all), down = BranchRun.Normal(random, Rank * all, 0.3), up = BranchRun.Normal(random, all * Rank);
        float[] shares = BranchRun.Normal(random, streams * all, 0.3), matrix = BranchRun.Normal(random, Hidden * Hidden, 0.2);
        float[] x = BranchRun.Normal(random, Rows * all);
        using BranchRun run = new(Hidden, all);
        Norm[] norms = [.. Enumerable.Range(0, streams).Select(s => new RmsRowNorm(Hidden, run.Vector(weight[(s * Hidden)..((s + 1) * Hidden)]), Epsilon))];
        HyperConnections.Part block = new(
            new HyperConnections.Mix(new GroupedNorm(norms), run.Linear(down, Rank), run.Linear(up, all), streams, run.Linear(shares, streams)),
            new Projection(run.Linear(matrix, Hidden)));
        float[] actual = run.Run(block, x, chunk: Rows);
        for (int row = 0; row < Rows; row++)
        {
            double[] input = [.. x.Skip(row * all).Take(all).Select(v => (double)v)];
            double[] n = [.. input.Select((v, i) => v / Math.Sqrt(input.Skip(i / Hidden * Hidden).Take(Hidden).Average(w => w * w) + Epsilon) * weight[i])];
            double[] low = [.. Product(down, n).Select(v => v / streams).Select(v => v * Sigmoid(v))];
            double[] gated = [.. Product(up, low).Select((v, i) => Sigmoid(v) * n[i])];
            double[] mixed = [.. Enumerable.Range(0, Hidden).Select(i => Enumerable.Range(0, streams).Average(s => gated[s * Hidden + i]))];
            double[] result = Product(matrix, mixed), strength = [.. Product(shares, n).Select(v => 2 * Sigmoid(v / streams))];
            for (int i = 0; i < all; i++)
                Assert.Equal(input[i] + strength[i / Hidden] * result[i % Hidden], actual[row * all + i], 1e-5);
        }
        Assert.Equal(actual, run.Run(block, x, chunk: 3));
        Assert.Equal(actual, run.Run(block, x, chunk: 1, threads: 1));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] Product(float[] matrix, double[] x) =>
        [.. Enumerable.Range(0, matrix.Length / x.Length).Select(o => x.Select((v, i) => v * matrix[o * x.Length + i]).Sum())];
}
