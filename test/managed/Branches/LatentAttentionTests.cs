using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;
using Realm.State;
using Xunit;

namespace Realm.Tests.Branches;

public unsafe class LatentAttentionTests
{
    private const int Hidden = 40, Rows = 90, QueryRank = 24;

    private static readonly LatentShape Shape = new(Heads: 3, Still: 12, Turned: 8, Value: 20, Rank: 24);

    private readonly float[] _queries = BranchRun.Normal(new Random(1), Shape.Heads * Shape.Query * Hidden, 0.2);
    private readonly float[] _queryDown = BranchRun.Normal(new Random(2), QueryRank * Hidden, 0.2);
    private readonly float[] _queryUp = BranchRun.Normal(new Random(3), Shape.Heads * Shape.Query * QueryRank, 0.3);
    private readonly float[] _latent = BranchRun.Normal(new Random(4), (Shape.Rank + Shape.Turned) * Hidden, 0.2);
    private readonly float[][] _keys = [.. Enumerable.Range(5, Shape.Heads).Select(seed =>
        BranchRun.Normal(new Random(seed), Shape.Still * Shape.Rank, 0.3))];
    private readonly float[][] _values = [.. Enumerable.Range(15, Shape.Heads).Select(seed =>
        BranchRun.Normal(new Random(seed), Shape.Value * Shape.Rank, 0.3))];
    private readonly float[] _output = BranchRun.Normal(new Random(25), Hidden * Shape.Heads * Shape.Value, 0.2);
    private readonly float[] _gate = BranchRun.Normal(new Random(27), Shape.Heads * Hidden, 0.3);
    private readonly float[] _x = BranchRun.Normal(new Random(26), Rows * Hidden);

    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    public void Agrees_with_plain_loops_however_rows_are_cut(bool absorbed, bool latentQueries, bool gated)
    {
        using BranchRun run = new(Hidden);
        RopeTable rope = new(RopeConfig.Create(RopePairing.Neighbours, Shape.Turned, 1000, new RopeScaling(), null));
        float[] y = Run(run, absorbed, latentQueries, gated, rope, Rows, 2);
        Compare(y, latentQueries, gated, rope.Config);
        foreach ((int chunk, int threads) in new[] { (1, 2), (7, 1), (16, 2), (Rows, 1) })
            Assert.Equal(y, Run(run, absorbed, latentQueries, gated, rope, chunk, threads));
    }

    private float[] Run(BranchRun run, bool absorbed, bool latentQueries, bool gated, RopeTable rope, int chunk, int threads)
    {
        StatePlan plan = new(CacheType.F32, 1, 1024);
        AttentionFacts facts = new() { Heads = 1, KvHeads = 1, KeySize = 1, ValueSize = 1, Scale = 1 / MathF.Sqrt(Shape.Query),
            Rope = rope };
        Linear latent = run.Linear(_latent, Shape.Rank + Shape.Turned), output = run.Linear(_output, Hidden);
        Linear[] first = [latentQueries ? run.Linear(_queryDown, QueryRank) : run.Linear(_queries, Shape.Heads * Shape.Query), latent];
        AttentionGate? gate = gated ? new(first.Sum(linear => linear.Outputs), Shape.Heads, Shape.Value, perHead: true) : null;
        if (gated)
            first = [.. first, run.Linear(_gate, Shape.Heads)];
        (Norm, Linear)? up = latentQueries ? (Norm(run, QueryRank), run.Linear(_queryUp, Shape.Heads * Shape.Query)) : null;
        LatentAttention attention;
        if (absorbed)
        {
            Linear[] keys = [.. _keys.Select(key => run.Linear(Transposed(key), Shape.Rank))],
                values = [.. _values.Select(value => run.Linear(value, Shape.Value))];
            attention = new AbsorbedLatentAttention(Shape, facts, first, up, Norm(run, Shape.Rank), keys, values, output, plan, 0, gate);
        }
        else
        {
            float[] both = [.. _keys.Zip(_values, (key, value) => key.Concat(value)).SelectMany(head => head)];
            attention = new ExpandedLatentAttention(Shape, facts, first, up, Norm(run, Shape.Rank),
                run.Linear(both, Shape.Heads * (Shape.Still + Shape.Value)), output, plan, 0, gate);
        }
        return run.Run(new Residual(null, attention), _x, chunk, threads, plan, rope);
    }

    private static RmsRowNorm Norm(BranchRun run, int size) => new(size, run.Vector([.. Enumerable.Repeat(1.5f, size)]), 1e-6f);

    private static float[] Transposed(float[] key)
    {
        float[] transposed = new float[key.Length];
        for (int i = 0; i < Shape.Still; i++)
        {
            for (int j = 0; j < Shape.Rank; j++)
                transposed[j * Shape.Still + i] = key[i * Shape.Rank + j];
        }
        return transposed;
    }

    private void Compare(float[] y, bool latentQueries, bool gated, RopeConfig rope)
    {
        List<double[]> latents = [], turned = [];
        for (int row = 0; row < Rows; row++)
        {
            double[] n = [.. _x.Skip(row * Hidden).Take(Hidden).Select(v => (double)v)], all = PlainExperts.Multiply(_latent, n);
            latents.Add(Normed(all[..Shape.Rank]));
            turned.Add(Turn(all[Shape.Rank..], row, rope));
            double[] queries = latentQueries ? PlainExperts.Multiply(_queryUp, Normed(PlainExperts.Multiply(_queryDown, n)))
                : PlainExperts.Multiply(_queries, n);
            List<double> results = [];
            for (int head = 0; head < Shape.Heads; head++)
            {
                double[] query = queries[(head * Shape.Query)..((head + 1) * Shape.Query)];
                results.AddRange(Attend(query[..Shape.Still], Turn(query[Shape.Still..], row, rope), head, latents, turned));
            }
            double[] gates = [.. PlainExperts.Multiply(_gate, n).Select(g => gated ? 1 / (1 + Math.Exp(-g)) : 1)];
            results = [.. results.Select((result, i) => result * gates[i / Shape.Value])];
            double[] expected = PlainExperts.Multiply(_output, results.ToArray());
            for (int i = 0; i < Hidden; i++)
                Assert.InRange(y[row * Hidden + i] - n[i] - expected[i], -3e-5, 3e-5);
        }
    }

    private double[] Attend(double[] still, double[] turning, int head, List<double[]> latents, List<double[]> turned)
    {
        double[] scores = [.. latents.Select((latent, i) =>
            (Dot(still, PlainExperts.Multiply(_keys[head], latent)) + Dot(turning, turned[i])) / Math.Sqrt(Shape.Query))];
        double max = scores.Max(), sum = scores.Sum(s => Math.Exp(s - max));
        double[] result = new double[Shape.Value];
        for (int i = 0; i < latents.Count; i++)
        {
            double[] value = PlainExperts.Multiply(_values[head], latents[i]);
            for (int j = 0; j < Shape.Value; j++)
                result[j] += Math.Exp(scores[i] - max) / sum * value[j];
        }
        return result;
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Normed(double[] x)
    {
        double scale = 1.5 / Math.Sqrt(x.Sum(v => v * v) / x.Length + 1e-6);
        return [.. x.Select(v => v * scale)];
    }

    private static double[] Turn(double[] x, int position, RopeConfig rope)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < x.Length / 2; i++)
        {
            (double sin, double cos) = Math.SinCos(position * rope.Frequencies[i]);
            y[2 * i] = x[2 * i] * cos - x[2 * i + 1] * sin;
            y[2 * i + 1] = x[2 * i] * sin + x[2 * i + 1] * cos;
        }
        return y;
    }
}
