using Realm.Kernels;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>
/// Which experts serve which rows: linear in what it reads, then a choice. Entries are row · used + rank, best expert first; of two equals
/// the lower number is better. (Shazeer et al., 2017)
/// </summary>
internal sealed unsafe class Router(Linear scores, Routing routing) : ExpertChoice(routing)
{
    private readonly Matrices _scores = new(scores);
    private RowBuffer _outputs = null!;

    public SourceNeeds Reads => new(_scores.Layouts);

    public override void Ask(Needs needs)
    {
        base.Ask(needs);
        needs.Product(_scores);
        _outputs = needs.Rows(Routing.Experts);
        needs.Thread(2L * Routing.Experts * sizeof(float));
    }

    /// <summary>Chooses for all rows. Waits.</summary>
    public void Route(in Step step, in Source source)
    {
        // Few outputs, many rows: shared out by rows, each thread chooses for its own.
        int first, last;
        bool isChanged = _scores.Changes is { } changes && changes.IsUsed(step.Rows);
        if (source.Count > Lanes.Tokens && !isChanged)
        {
            (first, last) = step.ProjectOwnRows(_scores, source, _outputs);       // (rows, experts)
        }
        else
        {
            step.Project(_scores, source, _outputs);
            step.Barrier();
            (first, last) = step.Share(source.Count);
        }
        for (int row = first; row < last; row++)
            Choose(row, (float*)step.Scratch.Own(step.Thread));
        step.Barrier();
    }

    /// <summary>The score of an expert, once it is routed.</summary>
    public float Score(int row, int expert) => _outputs.Row(row)[expert];

    private void Choose(int row, float* own)
    {
        float* scores = _outputs.Row(row), ranks = own;
        int* chosen = Chosen(row);
        float* weights = Weights(row);
        if (!Routing.ChoosesByOutputs)
            RouterScores.Apply(Routing.Score, scores, Routing.Experts);
        for (int e = 0; e < Routing.Experts; e++)
            ranks[e] = Routing.SelectionBias == null ? scores[e] : scores[e] + Routing.SelectionBias[e];
        if (Routing.ChoosesByOutputs)
            RouterScores.Apply(Routing.Score, scores, Routing.Experts);
        if (Routing.Groups > 1)
            ExpertGroups.Leave(Routing, ranks, own + Routing.Experts);
        Best.Choose(ranks, Routing.Experts, Routing.Used, chosen);
        for (int rank = 0; rank < Routing.Used; rank++)
            weights[rank] = scores[chosen[rank]];
        Weigh(weights);
        for (int rank = 0; rank < Routing.Used && Routing.ExpertScales != null; rank++)
            weights[rank] *= Routing.ExpertScales[chosen[rank]];
    }

    private void Weigh(float* weights)
    {
        if (Routing.Score == RouterScore.SoftmaxOfChosen)
            RouterScores.Apply(RouterScore.Softmax, weights, Routing.Used);
        Normalize(weights);
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
    /// <summary>The places of the `count` largest of `n` numbers, the largest first; of equals the lower place. A heap of those found so
    /// far, its root the worst: n · log(count) steps at most. Numbers that are none (NaN) are smaller than all others.</summary>
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
