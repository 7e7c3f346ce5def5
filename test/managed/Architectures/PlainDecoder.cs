namespace Realm.Tests.Architectures;

/// <summary>The small decoder of <see cref="NamedTensors"/> in plain loops and double precision: norms before both branches, turned queries and keys,
/// grouped heads. What a family does otherwise is handed in.</summary>
internal sealed class PlainDecoder(NamedTensors model, bool turnsHalves)
{
    private const int Hidden = 32, Heads = 4, KvHeads = 2, Size = 8, FeedForward = 48, Vocabulary = 64;

    /// <summary>Norms of a head before it turns: layer, whether it is a query, number, values.</summary>
    public Action<int, bool, int, double[]> Head { get; init; } = (_, _, _, _) => { };

    /// <summary>A change of all heads' results: layer, values.</summary>
    public Func<int, double[], double[]> Results { get; init; } = (_, values) => values;

    /// <summary>From what the feed-forward network reads to what its last matrix reads: layer, values.</summary>
    public required Func<int, double[], double[]> Middle { get; init; }

    /// <summary>Norms stand behind the branches, not before.</summary>
    public bool NormsBehind { get; init; }

    /// <summary>Matrix times vector.</summary>
    public double[] Multiply(string name, double[] x)
    {
        float[] weights = model[name];
        double[] y = new double[weights.Length / x.Length];
        for (int i = 0; i < y.Length; i++)
        {
            for (int j = 0; j < x.Length; j++)
                y[i] += (double)weights[i * x.Length + j] * x[j];
        }
        return y;
    }

    /// <summary>Root-mean-square norm.</summary>
    public double[] Norm(string name, double[] x)
    {
        double scale = 1 / Math.Sqrt(x.Sum(v => v * v) / x.Length + 1e-5);
        return [.. x.Select((v, i) => v * scale * model[name][i])];
    }

    /// <summary>Logits of all positions.</summary>
    public double[] Logits(int[] tokens)
    {
        double[][] stream = [.. tokens.Select(token => model["token_embd.weight"].Skip(token * Hidden).Take(Hidden).Select(v => (double)v).ToArray())];
        for (int layer = 0; layer < 2; layer++)
        {
            string prefix = $"blk.{layer}.";
            double[][] attended = Attend(layer, [.. stream.Select(x => NormsBehind ? x : Norm(prefix + "attn_norm.weight", x))]);
            for (int row = 0; row < tokens.Length; row++)
            {
                Add(stream[row], Multiply(prefix + "attn_output.weight", Results(layer, attended[row])), prefix + "attn_norm.weight");
                double[] read = NormsBehind ? [.. stream[row]] : Norm(prefix + "ffn_norm.weight", stream[row]);
                Add(stream[row], Multiply(prefix + "ffn_down.weight", Middle(layer, read)), prefix + "ffn_norm.weight");
            }
        }
        return [.. stream.SelectMany(x => Multiply("output.weight", Norm("output_norm.weight", x)))];
    }

    private void Add(double[] x, double[] branch, string norm)
    {
        if (NormsBehind)
            branch = Norm(norm, branch);
        for (int i = 0; i < Hidden; i++)
            x[i] += branch[i];
    }

    private double[][] Attend(int layer, double[][] rows)
    {
        double[][] q = Project(layer, "attn_q", rows, isQuery: true), k = Project(layer, "attn_k", rows, isQuery: false);
        double[][] v = [.. rows.Select(row => Multiply($"blk.{layer}.attn_v.weight", row))], results = [.. rows.Select(_ => new double[Hidden])];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int head = 0; head < Heads; head++)
            {
                int kv = head / (Heads / KvHeads);
                double[] scores = new double[row + 1];
                for (int key = 0; key <= row; key++)
                {
                    for (int i = 0; i < Size; i++)
                        scores[key] += q[row][head * Size + i] * k[key][kv * Size + i] / Math.Sqrt(Size);
                }
                double sum = scores.Sum(Math.Exp);
                for (int key = 0; key <= row; key++)
                {
                    for (int i = 0; i < Size; i++)
                        results[row][head * Size + i] += Math.Exp(scores[key]) / sum * v[key][kv * Size + i];
                }
            }
        }
        return results;
    }

    private double[][] Project(int layer, string name, double[][] rows, bool isQuery)
    {
        double[][] projected = new double[rows.Length][];
        for (int row = 0; row < rows.Length; row++)
        {
            double[] all = Multiply($"blk.{layer}.{name}.weight", rows[row]);
            for (int head = 0; head < all.Length / Size; head++)
            {
                double[] values = all[(head * Size)..((head + 1) * Size)];
                Head(layer, isQuery, head, values);
                for (int pair = 0; pair < Size / 2; pair++)
                {
                    (int a, int b) = turnsHalves ? (pair, pair + Size / 2) : (2 * pair, 2 * pair + 1);
                    (double sin, double cos) = Math.SinCos(row * Math.Pow(10000, -2.0 * pair / Size));
                    (values[a], values[b]) = (values[a] * cos - values[b] * sin, values[a] * sin + values[b] * cos);
                }
                values.CopyTo(all, head * Size);
            }
            projected[row] = all;
        }
        return projected;
    }
}
