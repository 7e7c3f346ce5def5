using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;
using Xunit;

namespace Realm.Tests.Branches;

public unsafe class ExpertsTests
{
    private const int Hidden = 40, Size = 24, Count = 8, Rows = 37;

    private static readonly Routing Plain = new() { Experts = Count, Used = 3 };

    private static readonly Func<double, double, double> Silu = (gate, up) => gate / (1 + Math.Exp(-gate)) * up;

    /// <summary>Each fact of routing by itself, and several together.</summary>
    public static TheoryData<string> Facts =>
    [
        "plain", "sigmoid", "softmax of chosen", "square root", "bias", "groups", "group of three", "not normalised", "scale", "inputs",
        "by outputs", "expert scales", "all used", "one used",
    ];

    private static Routing Of(string fact) => fact switch
    {
        "sigmoid" => Plain with { Score = RouterScore.Sigmoid },
        "softmax of chosen" => Plain with { Score = RouterScore.SoftmaxOfChosen, Normalizes = false },
        "square root" => Plain with { Score = RouterScore.SquareRootSoftplus },
        "bias" => Plain with { Score = RouterScore.Sigmoid, SelectionBias = [0.5f, -0.5f, 0.1f, 0.9f, -0.2f, 0, 0.3f, -0.7f] },
        "groups" => Plain with { Groups = 4, GroupsUsed = 2, Score = RouterScore.Sigmoid },
        "group of three" => Plain with { Groups = 2, GroupsUsed = 1, GroupRankedBy = 3 },
        "not normalised" => Plain with { Normalizes = false },
        "scale" => Plain with { Scale = 2.5f },
        "inputs" => Plain with { WeightsInputs = true, Score = RouterScore.Sigmoid, Normalizes = false },
        "by outputs" =>
            Plain with { ChoosesByOutputs = true, Score = RouterScore.Sigmoid, SelectionBias = [0, 3, 0, -3, 0, 0, 1, 0],
                Normalizes = false },
        "expert scales" => Plain with { ExpertScales = [1, 2, 3, 4, 5, 6, 7, 8] },
        "all used" => Plain with { Used = Count },
        "one used" => Plain with { Used = 1 },
        _ => Plain,
    };

    [Theory]
    [MemberData(nameof(Facts))]
    public void Agree_with_plain_loops_however_rows_are_cut(string fact)
    {
        using BranchRun run = new(Hidden);
        PlainExperts plain = Make(Of(fact), seed: fact.Length);
        Residual block = new(null, Experts(run, plain, new Router(run.Linear(plain.Router, Count), plain.Routing), Activation.Silu));
        float[] x = BranchRun.Normal(new Random(1), Rows * Hidden), y = run.Run(block, x, Rows);
        Compare(x, y, n => plain.Of(n, n));
        foreach ((int chunk, int threads) in new[] { (1, 2), (7, 1), (8, 2), (9, 2), (Rows, 1) })
            Assert.Equal(y, run.Run(block, x, chunk, threads));
    }

    [Fact]
    public void Have_biases_and_limits()
    {
        using BranchRun run = new(Hidden);
        Random random = new(3);
        PlainExperts plain = Make(Plain with { Score = RouterScore.SoftmaxOfChosen, Normalizes = false }, 3,
            (gate, up) => Math.Min(gate, 7) / (1 + Math.Exp(-1.702 * Math.Min(gate, 7))) * (Math.Clamp(up, -7, 7) + 1),
            routerBias: BranchRun.Normal(random, Count), inner: BranchRun.Normal(random, Size, 5), down: BranchRun.Normal(random, Hidden));
        Router router = new(run.Linear(plain.Router, Count, plain.RouterBias), plain.Routing);
        Residual block = new(null, Experts(run, plain, router, Activation.SwigluOai));
        float[] x = BranchRun.Normal(random, Rows * Hidden), y = run.Run(block, x, Rows);
        Compare(x, y, n => plain.Of(n, n));
        Assert.Equal(y, run.Run(block, x, 1));
    }

    [Fact]
    public void Have_no_gates()
    {
        using BranchRun run = new(Hidden);
        PlainExperts plain = Make(Plain, 4, (_, up) => Math.Max(up, 0) * Math.Max(up, 0));
        Matrices[] inner = [.. plain.Ups.Select(up => Matrices.Activated(run.Linear(up, Size), Activation.ReluSquared))];
        Residual block = new(null,
            new Experts(new Router(run.Linear(plain.Router, Count), Plain), inner,
                [.. plain.Downs.Select(down => run.Linear(down, Hidden))]));
        float[] x = BranchRun.Normal(new Random(1), Rows * Hidden), y = run.Run(block, x, Rows);
        Compare(x, y, n => plain.Of(n, n));
        Assert.Equal(y, run.Run(block, x, 3));
    }

    [Fact]
    public void Are_chosen_ahead_by_what_the_layer_gets()
    {
        using BranchRun run = new(Hidden);
        PlainExperts plain = Make(Plain with { Score = RouterScore.Sigmoid }, 5);
        float[] first = BranchRun.Normal(new Random(6), Hidden * Hidden, 0.2);
        Router router = new(run.Linear(plain.Router, Count), plain.Routing);
        RoutedAhead block = new(
            router, null,
            new Residual(null, new Projection(run.Linear(first, Hidden))),
            new Residual(null, Experts(run, plain, router, Activation.Silu, routed: true)));
        float[] x = BranchRun.Normal(new Random(1), Rows * Hidden), y = run.Run(block, x, Rows);
        Compare(x, y, n =>
        {
            double[] added = PlainExperts.Multiply(first, n), middle = [.. n.Zip(added, (a, b) => a + b)];
            return [.. added.Zip(plain.Of(middle, n), (a, b) => a + b)];
        });
        Assert.Equal(y, run.Run(block, x, 5));
    }

    [Fact]
    public void Stand_beside_the_blocks_of_a_layer()
    {
        using BranchRun run = new(Hidden);
        PlainExperts plain = Make(Plain, 7);
        float[] first = BranchRun.Normal(new Random(8), Hidden * Hidden, 0.2);
        float[] ones = new float[Hidden];
        Array.Fill(ones, 1);
        Beside block = new(
            new RmsRowNorm(Hidden, run.Vector(ones), 0),
            Experts(run, plain, new Router(run.Linear(plain.Router, Count), Plain), Activation.Silu),
            new Residual(null, new Projection(run.Linear(first, Hidden))));
        float[] x = BranchRun.Normal(new Random(1), Rows * Hidden), y = run.Run(block, x, Rows);
        Compare(x, y, n =>
        {
            double norm = Math.Sqrt(n.Sum(v => v * v) / Hidden);
            double[] normed = [.. n.Select(v => v / norm)];
            return [.. PlainExperts.Multiply(first, n).Zip(plain.Of(normed, normed), (a, b) => a + b)];
        });
        Assert.Equal(y, run.Run(block, x, 4));
    }

    [Fact]
    public void Have_a_shared_one_behind_a_gate_and_a_scaled_sum()
    {
        using BranchRun run = new(Hidden);
        PlainExperts plain = Make(Plain, 9), shared = Make(Plain with { Experts = 1, Used = 1 }, 10);
        float[] gate = BranchRun.Normal(new Random(11), Hidden, 0.3);
        FeedForward network = new(Matrices.Gated(run.Linear(shared.Gates[0], Size), run.Linear(shared.Ups[0], Size), Activation.Silu),
            run.Linear(shared.Downs[0], Hidden));
        Residual block = new(null,
            new Sum(0.5f, Experts(run, plain, new Router(run.Linear(plain.Router, Count), Plain), Activation.Silu),
                new Gated(network, run.Linear(gate, 1))));
        float[] x = BranchRun.Normal(new Random(1), Rows * Hidden), y = run.Run(block, x, Rows);
        Compare(x, y, n =>
        {
            double share = 1 / (1 + Math.Exp(-PlainExperts.Multiply(gate, n)[0]));
            return [.. plain.Of(n, n).Zip(shared.Of(n, n), (a, b) => 0.5 * (a + share * b))];
        });
        Assert.Equal(y, run.Run(block, x, 2));
    }

    [Fact]
    public void Have_adjugates_of_their_groups()
    {
        using BranchRun run = new(Hidden);
        PlainExperts plain = Make(Plain, 12), adjugates = Make(Plain with { Experts = 4 }, 13);
        Router router = new(run.Linear(plain.Router, Count), Plain);
        Residual block = new(null,
            new GroveExperts(router, Experts(run, plain, router, Activation.Silu, routed: true), 2, Inner(run, adjugates, Activation.Silu),
            Downs(run, adjugates), 0.7f));
        float[] x = BranchRun.Normal(new Random(1), Rows * Hidden), y = run.Run(block, x, Rows);
        Compare(x, y, n =>
        {
            double[] result = plain.Of(n, n), scores = plain.Scores(PlainExperts.Multiply(plain.Router, n)), all = [.. result];
            int[] groups = [.. plain.Choose(n).Select(c => c.Expert / 2)];
            double sum = groups.Sum(g => scores[g]);
            foreach (int group in groups)
            {
                double[] gate = PlainExperts.Multiply(adjugates.Gates[group], result),
                    up = PlainExperts.Multiply(adjugates.Ups[group], result);
                double[] made = PlainExperts.Multiply(adjugates.Downs[group], [.. gate.Zip(up, Silu)]);
                for (int i = 0; i < Hidden; i++)
                    all[i] += 0.7f * scores[group] / sum * made[i];
            }
            return all;
        });
        // Both experts of a row may be of one group: then its adjugate serves more entries than a tile holds, whoever of the threads computes it.
        for (int i = 0; i < 200; i++)
            Assert.Equal(y, run.Run(block, x, 6 + i % 3));
    }

    private static PlainExperts Make(Routing routing, int seed, Func<double, double, double>? activation = null,
        float[]? routerBias = null, float[]? inner = null,
        float[]? down = null)
    {
        Random random = new(seed);
        return new PlainExperts
        {
            Routing = routing,
            Hidden = Hidden,
            Size = Size,
            Router = BranchRun.Normal(random, routing.Experts * Hidden, 0.3),
            RouterBias = routerBias,
            Gates = Many(Size * Hidden),
            Ups = Many(Size * Hidden),
            Downs = Many(Hidden * Size),
            InnerBias = inner,
            DownBias = down,
            Activation = activation ?? Silu,
        };

        float[][] Many(int count) => [.. Enumerable.Range(0, routing.Experts).Select(_ => BranchRun.Normal(random, count, 0.2))];
    }

    private static Experts Experts(BranchRun run, PlainExperts plain, Router router, Activation activation, bool routed = false) =>
        new(router, Inner(run, plain, activation), Downs(run, plain), routed);

    private static Matrices[] Inner(BranchRun run, PlainExperts plain, Activation activation) =>
        [.. plain.Gates.Zip(plain.Ups, (gate, up) =>
            Matrices.Gated(run.Linear(gate, Size, plain.InnerBias), run.Linear(up, Size, plain.InnerBias), activation))];

    private static Linear[] Downs(BranchRun run, PlainExperts plain) =>
        [.. plain.Downs.Select(down => run.Linear(down, Hidden, plain.DownBias))];

    // y = x + expected(x), for every row.
    private static void Compare(float[] x, float[] y, Func<double[], double[]> expected)
    {
        for (int row = 0; row < Rows; row++)
        {
            double[] n = [.. x.Skip(row * Hidden).Take(Hidden).Select(v => (double)v)], added = expected(n);
            for (int i = 0; i < Hidden; i++)
                Assert.InRange((y[row * Hidden + i] - n[i] - added[i]) / (1 + Math.Abs(added[i])), -2e-5, 2e-5);
        }
    }
}
