using Realm.Branches;

namespace Realm.Tests.Branches;

/// <summary>A mixture of experts as plain loops in double precision.</summary>
internal sealed class PlainExperts
{
    public required Routing Routing { get; init; }

    public required int Hidden { get; init; }

    public required int Size { get; init; }

    public required float[] Router { get; init; }

    public float[]? RouterBias { get; init; }

    public required float[][] Gates { get; init; }

    public required float[][] Ups { get; init; }

    public required float[][] Downs { get; init; }

    public float[]? InnerBias { get; init; }

    public float[]? DownBias { get; init; }

    /// <summary>Of gate and up.</summary>
    public required Func<double, double, double> Activation { get; init; }

    /// <summary>What the experts make of a row n, chosen by a row r.</summary>
    public double[] Of(ReadOnlySpan<double> n, ReadOnlySpan<double> r)
    {
        double[] y = new double[Hidden];
        foreach ((int expert, double weight) in Choose(r))
        {
            double[] input = n.ToArray();
            if (Routing.WeightsInputs)
                input = [.. input.Select(x => x * weight)];
            double[] gate = Multiply(Gates[expert], input, InnerBias), up = Multiply(Ups[expert], input, InnerBias);
            double[] result = Multiply(Downs[expert], [.. gate.Zip(up, Activation)], DownBias);
            for (int i = 0; i < Hidden; i++)
                y[i] += result[i] * (Routing.WeightsInputs ? 1 : weight);
        }
        return y;
    }

    /// <summary>The chosen experts and their weights.</summary>
    public (int Expert, double Weight)[] Choose(ReadOnlySpan<double> r)
    {
        double[] outputs = Multiply(Router, r, RouterBias), scores = Scores(outputs);
        double[] ranks = [.. (Routing.ChoosesByOutputs ? outputs : scores).Select((s, e) => s + (Routing.SelectionBias?[e] ?? 0))];
        HashSet<int> allowed = Allowed(ranks);
        int[] chosen = [.. Enumerable.Range(0, ranks.Length).Where(allowed.Contains).OrderByDescending(e => ranks[e]).Take(Routing.Used)];
        double[] weights = [.. chosen.Select(e => scores[e])];
        if (Routing.Score == RouterScore.SoftmaxOfChosen)
            weights = Softmax(weights);
        double sum = Routing.Normalizes ? weights.Sum() : 1;
        return [.. chosen.Select((e, i) => (e, weights[i] / sum * Routing.Scale * (Routing.ExpertScales?[e] ?? 1)))];
    }

    public double[] Scores(double[] outputs) => Routing.Score switch
    {
        RouterScore.Softmax => Softmax(outputs),
        RouterScore.Sigmoid => [.. outputs.Select(x => 1 / (1 + Math.Exp(-x)))],
        RouterScore.SquareRootSoftplus => [.. outputs.Select(x => Math.Sqrt(Math.Log(1 + Math.Exp(x))))],
        _ => outputs,
    };

    private HashSet<int> Allowed(double[] ranks)
    {
        int size = ranks.Length / Routing.Groups;
        return [.. Enumerable.Range(0, Routing.Groups)
            .OrderByDescending(g => ranks.Skip(g * size).Take(size).OrderDescending().Take(Routing.GroupRankedBy).Sum())
            .Take(Routing.Groups == 1 ? 1 : Routing.GroupsUsed)
            .SelectMany(g => Enumerable.Range(g * size, size))];
    }

    public static double[] Multiply(float[] matrix, ReadOnlySpan<double> x, float[]? bias = null)
    {
        double[] y = new double[matrix.Length / x.Length];
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = bias?[i] ?? 0;
            for (int j = 0; j < x.Length; j++)
                y[i] += (double)matrix[i * x.Length + j] * x[j];
        }
        return y;
    }

    private static double[] Softmax(double[] x)
    {
        double max = x.Max(), sum = x.Sum(v => Math.Exp(v - max));
        return [.. x.Select(v => Math.Exp(v - max) / sum)];
    }
}
