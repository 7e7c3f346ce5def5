using System.Runtime.InteropServices;
using Realm.Blocks;
using Realm.Branches;
using Realm.Formats;
using Realm.Gguf;
using Realm.Passes;
using Realm.State;
using Xunit;

namespace Realm.Tests.Branches;

/// <summary>Embeddings of the last tokens against a plain loop.</summary>
public unsafe class NgramMemoryTests
{
    private const int Hidden = 12;
    private const int Streams = 2;
    private const int All = Hidden * Streams;
    private const int Longest = 3;
    private const int Taps = 4;
    private const int Size = 3;
    private const int End = 7;
    private const float Epsilon = 1e-5f;
    private static readonly ulong[] Multipliers = [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 13];
    private static readonly int[] Offsets = [0, 11, 20, 33];
    private static readonly int[] Sizes = [11, 9, 13, 7];

    [Fact]
    public void Embeddings_of_the_last_tokens_are_gated_and_convolved_whatever_the_chunks()
    {
        using BranchRun run = new(Hidden, All + 1);
        Numbers n = new(new Random(3));
        // Ends of texts among them: one at the beginning, two in a row.
        int[] tokens = [End, 3, 1, 4, End, End, 9, 2, 6, 5, End, 3, 5, 8, 9, 7, 9, 3];
        float[] x = [.. tokens.SelectMany(token => (float[])[.. BranchRun.Normal(n.Random, All), token])];
        float[] actual = Run(run, n, new Table(n.Rows), x, tokens.Length);
        double[][] expected = Expected(n, tokens, x);
        for (int row = 0; row < tokens.Length; row++)
        {
            for (int i = 0; i < All; i++)
                Assert.Equal(expected[row][i], actual[row * (All + 1) + i], 2e-5);
            Assert.Equal(tokens[row], actual[row * (All + 1) + All]);
        }
        Assert.Equal(actual, Run(run, n, new Table(n.Rows), x, chunk: 1));
        Assert.Equal(actual, Run(run, n, new Table(n.Rows), x, chunk: 7));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void A_table_that_cannot_be_read_is_an_error_of_the_pass(int rows)
    {
        using BranchRun run = new(Hidden, All + 1);
        Numbers n = new(new Random(4));
        RealmException error = Assert.Throws<RealmException>(() => Run(run, n, new Table(n.Rows, ended: true), new float[rows * (All + 1)], rows));
        Assert.Equal(ErrorCode.Truncated, error.Code);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1)]
    [InlineData(float.PositiveInfinity)]
    public void A_row_from_outside_whose_token_is_none_reads_as_the_end(float token)
    {
        using BranchRun run = new(Hidden, All + 1);
        Numbers n = new(new Random(5));
        float[] x = [.. BranchRun.Normal(n.Random, All), token], ended = [.. x[..All], End];
        Assert.Equal(Run(run, n, new Table(n.Rows), ended, 1)[..All], Run(run, n, new Table(n.Rows), x, 1)[..All]);
    }

    private static float[] Run(BranchRun run, Numbers n, Table file, float[] x, int chunk)
    {
        StatePlan plan = new(CacheType.F32, 1, 1024);
        WeightFormat format = Realm.Formats.Formats.All.First(format => format.Name == "F32");
        NgramTable table = new(new EmbeddingRows(file, file.Tensor, format), Multipliers, Offsets, Sizes, End);
        CausalConv conv = new(run.Vector(n.Conv), run.Vector(new float[n.Conv.Length]), null, All, Taps,
            plan.Fixed(0, CausalConv.TailFloats(All, Taps, Longest)), Activation.Silu, Longest);
        NgramMemory block = new(table, plan.Fixed(0, NgramMemory.StateFloats(table)), run.Linear(n.Key, All), run.Linear(n.Value, Hidden),
            new NgramNorms(Norm(n.Norms[0]), Norm(n.Norms[1]), Norm(n.Norms[2])), conv);
        return run.Run(block, x, chunk, plan: plan);

        Norm Norm(float[] weight) => new GroupedNorm(new RmsRowNorm(Hidden, run.Vector(weight[..Hidden]), Epsilon), new RmsRowNorm(Hidden, run.Vector(weight[Hidden..]), Epsilon));
    }

    private static double[][] Expected(Numbers n, int[] tokens, float[] x)
    {
        double[][] values = new double[tokens.Length][], normed = new double[tokens.Length][], result = new double[tokens.Length][];
        for (int t = 0; t < tokens.Length; t++)
        {
            double[] e = Embeddings(n.Rows, tokens, t), hidden = [.. x.Skip(t * (All + 1)).Take(All).Select(v => (double)v)];
            double[] key = Normed(Product(n.Key, e), n.Norms[0]), query = Normed(hidden, n.Norms[1]), value = Product(n.Value, e);
            values[t] = new double[All];
            for (int i = 0; i < All; i++)
            {
                double s = Enumerable.Range(i / Hidden * Hidden, Hidden).Sum(j => key[j] * query[j]) / Math.Sqrt(Hidden);
                values[t][i] = value[i % Hidden] * Sigmoid(Math.Sign(s) * Math.Sqrt(Math.Max(Math.Abs(s), 1e-6)));
            }
            normed[t] = Normed(values[t], n.Norms[2]);
            result[t] = new double[All];
            for (int i = 0; i < All; i++)
            {
                double sum = 0;
                for (int tap = 0; tap < Taps; tap++)
                {
                    int at = t - (Taps - 1 - tap) * Longest;
                    sum += at < 0 ? 0 : n.Conv[i * Taps + tap] * normed[at][i];
                }
                result[t][i] = hidden[i] + values[t][i] + sum * Sigmoid(sum);
            }
        }
        return result;
    }

    private static double[] Embeddings(float[] rows, int[] tokens, int t)
    {
        List<double> all = [];
        bool cut = false;
        ulong hash = (ulong)tokens[t] * Multipliers[0];
        for (int back = 1; back < Longest; back++)
        {
            cut |= t - back < 0 || tokens[t - back] == End;
            hash ^= (ulong)(cut ? End : tokens[t - back]) * Multipliers[back];
            foreach (int place in (int[])[2 * back - 2, 2 * back - 1])
                all.AddRange(rows.Skip((Offsets[place] + (int)(hash % (ulong)Sizes[place])) * Size).Take(Size).Select(v => (double)v));
        }
        return [.. all];
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] Normed(double[] x, float[] weight) =>
        [.. x.Select((v, i) => v / Math.Sqrt(x.Skip(i / Hidden * Hidden).Take(Hidden).Average(w => w * w) + Epsilon) * weight[i])];

    private static double[] Product(float[] matrix, double[] x) =>
        [.. Enumerable.Range(0, matrix.Length / x.Length).Select(o => x.Select((v, i) => v * matrix[o * x.Length + i]).Sum())];

    private sealed class Numbers(Random random)
    {
        public Random Random => random;

        public float[] Rows { get; } = BranchRun.Normal(random, 40 * Size);

        public float[] Key { get; } = BranchRun.Normal(random, All * 4 * Size, 0.4);

        public float[] Value { get; } = BranchRun.Normal(random, Hidden * 4 * Size, 0.4);

        public float[] Conv { get; } = BranchRun.Normal(random, All * Taps);

        public float[][] Norms { get; } = [BranchRun.Normal(random, All), BranchRun.Normal(random, All), BranchRun.Normal(random, All)];
    }

    // A file that holds nothing but the table, or that has ended before it.
    private sealed class Table(float[] rows, bool ended = false) : ITensorFile
    {
        public GgufTensor Tensor { get; } = new("table", 0, [Size, rows.Length / Size], 0, rows.Length * sizeof(float), 0);

        public IReadOnlyDictionary<string, TensorView> Views => new Dictionary<string, TensorView>();

        public void Read(GgufTensor tensor, long offset, Span<byte> to)
        {
            if (ended)
                throw new RealmException(ErrorCode.Truncated, "the file has become shorter");
            MemoryMarshal.AsBytes(rows.AsSpan()).Slice((int)offset, to.Length).CopyTo(to);
        }
    }
}
