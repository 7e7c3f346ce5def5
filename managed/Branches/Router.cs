using Realm.Kernels;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>
/// Which experts serve which rows: linear in what it reads, then a choice. Entries are row · used + rank, best expert first; of two equals the lower
/// number is better. (Shazeer et al., 2017)
/// </summary>
internal sealed unsafe class Router(Linear scores, Routing routing) : IAsk
{
    private readonly Matrices _scores = new(scores);
    private RowBuffer _outputs = null!;
    private RowBuffer _weights = null!;
    private RowBuffer _chosen = null!;

    public Routing Routing => routing;

    public SourceNeeds Reads => new(_scores.Layouts);

    public void Ask(Needs needs)
    {
        needs.Product(_scores);
        _outputs = needs.Rows(routing.Experts);
        _weights = needs.Rows(routing.Used);
        // Numbers of experts, as integers.
        _chosen = needs.Rows(routing.Used);
        needs.Thread(2L * routing.Experts * sizeof(float));
    }

    /// <summary>Chooses for all rows. Waits.</summary>
    public void Route(in Step step, in Source source)
    {
        step.Project(_scores, source, _outputs);                       // (rows, experts)
        step.Barrier();
        (int first, int last) = step.Share(source.Count);
        for (int row = first; row < last; row++)
            Choose(row, (float*)step.Scratch.Own(step.Thread));
        step.Barrier();
    }

    /// <summary>The expert of an entry.</summary>
    public int Expert(int row, int rank) => ((int*)_chosen.Row(row))[rank];

    /// <summary>The weight of an entry.</summary>
    public float Weight(int row, int rank) => _weights.Row(row)[rank];

    private void Choose(int row, float* own)
    {
        float* scores = _outputs.Row(row), ranks = own;
        int* chosen = (int*)_chosen.Row(row);
        float* weights = _weights.Row(row);
        RouterScores.Apply(routing.Score, scores, routing.Experts);
        for (int e = 0; e < routing.Experts; e++)
            ranks[e] = routing.SelectionBias == null ? scores[e] : scores[e] + routing.SelectionBias[e];
        if (routing.Groups > 1)
            ExpertGroups.Leave(routing, ranks, own + routing.Experts);
        Best.Choose(ranks, routing.Experts, routing.Used, chosen);
        for (int rank = 0; rank < routing.Used; rank++)
            weights[rank] = scores[chosen[rank]];
        Weigh(weights);
        for (int rank = 0; rank < routing.Used && routing.ExpertScales != null; rank++)
            weights[rank] *= routing.ExpertScales[chosen[rank]];
    }

    private void Weigh(float* weights)
    {
        int used = routing.Used;
        if (routing.Score == RouterScore.SoftmaxOfChosen)
            RouterScores.Apply(RouterScore.Softmax, weights, used);
        float sum = 0;
        for (int i = 0; i < used; i++)
            sum += weights[i];
        sum = routing.Normalizes ? MathF.Max(sum, routing.SmallestSum) : 1f;
        for (int i = 0; i < used; i++)
            weights[i] = weights[i] / sum * routing.Scale;
    }
}

/// <summary>The functions of a router's outputs.</summary>
internal static unsafe class RouterScores
{
    public static void Apply(RouterScore kind, float* x, int n)
    {
        switch (kind)
        {
            case RouterScore.Softmax:
                Softmax(x, n);
                break;
            case RouterScore.Sigmoid:
                for (int i = 0; i < n; i++)
                    x[i] = 1f / (1f + Exp.Compute(-x[i]));
                break;
            case RouterScore.SquareRootSoftplus:
                for (int i = 0; i < n; i++)
                    x[i] = MathF.Sqrt(Softplus.Compute(x[i]));
                break;
            default:
                break;
        }
    }

    private static void Softmax(float* scores, int n)
    {
        float max = scores[0], sum = 0;
        for (int i = 1; i < n; i++)
            max = MathF.Max(max, scores[i]);
        for (int i = 0; i < n; i++)
            sum += scores[i] = Exp.Compute(scores[i] - max);
        for (int i = 0; i < n; i++)
            scores[i] /= sum;
    }
}

/// <summary>The largest of some numbers.</summary>
internal static unsafe class Best
{
    /// <summary>The places of the `count` largest of `n` numbers, the largest first; of equals the lower place. A heap of those found so far, its root the
    /// worst: n · log(count) steps at most. Numbers that are none (NaN) are smaller than all others.</summary>
    public static void Choose(float* values, int n, int count, int* places)
    {
        for (int i = 0; i < count; i++)
            places[i] = i;
        for (int i = count / 2 - 1; i >= 0; i--)
            Sink(values, places, i, count);
        for (int i = count; i < n; i++)
        {
            if (!IsWorse(values, i, places[0]))
            {
                places[0] = i;
                Sink(values, places, 0, count);
            }
        }
        for (int last = count - 1; last > 0; last--)
        {
            (places[0], places[last]) = (places[last], places[0]);
            Sink(values, places, 0, last);
        }
    }

    // The worse of two goes to the root.
    private static void Sink(float* values, int* heap, int at, int count)
    {
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= count)
                return;
            if (child + 1 < count && IsWorse(values, heap[child + 1], heap[child]))
                child++;
            if (!IsWorse(values, heap[child], heap[at]))
                return;
            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    private static bool IsWorse(float* values, int a, int b)
    {
        float x = values[a], y = values[b];
        return x < y || (float.IsNaN(x) && !float.IsNaN(y)) || (!(x > y) && !float.IsNaN(y) == !float.IsNaN(x) && a > b);
    }
}
