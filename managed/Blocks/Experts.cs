using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>
/// Mixture of experts: x += sum over a token's best experts e of p[e] · ffn_e(n), n = norm(x). p is the softmax of the router's
/// outputs, divided by the sum over the chosen. (Shazeer et al., 2017; Jiang et al., 2024)
/// </summary>
internal sealed unsafe class Experts(ModelConfig config, float* norm, Linear router, Linear[] gate, Linear[] up, Linear[] down) : Block
{
    // llama.cpp's lower bound of the divisor: the smallest normal half.
    private const float SmallestSum = 6.103515625e-5f;

    private readonly Matrices _router = new(router);
    private readonly Matrices[] _gated = gate.Zip(up, Matrices.Gated).ToArray();
    private readonly Matrices[] _down = down.Select(linear => new Matrices(linear)).ToArray();

    public override void Forward(in Step step)
    {
        Scratch scratch = step.Scratch;
        ExpertScratch own = scratch.Experts!;
        float* x = scratch.Hidden, normed = own.Normed, h = scratch.Gated;
        int rows = step.Count, hidden = config.HiddenSize, used = config.ExpertUsedCount;

        Inputs n = step.Norm(x, rows, hidden, norm, config.NormEpsilon, _router.Layouts);       // (rows, hidden)
        step.Project(_router, n, rows, own.Scores, config.ExpertCount);                         // (rows, experts)
        (int first, int last) = step.Share(rows);
        for (int row = first; row < last; row++)
            RmsNorm.Compute(x + (long)row * hidden, norm, config.NormEpsilon, hidden, normed + (long)row * hidden);
        step.Barrier();
        if (step.Thread == 0)
            own.Route(rows, config.ExpertCount, used);
        step.Barrier();
        for (int expert = 0; expert < config.ExpertCount; expert++)
        {
            ReadOnlyMemory<int> members = own.Members(expert);
            if (members.IsEmpty)
                continue;
            Inputs some = Gather(step, normed, members, used, hidden, _gated[expert].Layouts);  // (members, hidden)
            step.ProjectGated(_gated[expert], some, members.Length, h);                         // (members, feedForward)
            Inputs middle = step.Load(h, members.Length, _down[expert].Inputs, _down[expert].Layouts);
            step.ProjectTo(members, _down[expert], middle, own.Outputs, hidden);                // (rows · used, hidden)
            step.Barrier();
        }
        // A row's experts are added in the order of their rank: the sum does not depend on which other rows there are.
        (first, last) = step.Share(rows);
        for (int row = first; row < last; row++)
            Combine(own, row, used, x + (long)row * hidden);
        step.Barrier();
    }

    private static Inputs Gather(in Step step, float* normed, ReadOnlyMemory<int> members, int used, int hidden, LayoutSet layouts)
    {
        Inputs inputs = step.Scratch.Inputs(members.Length, hidden, step.Thread);
        (int first, int last) = step.ShareRows(members.Length);
        for (int i = first; i < last; i++)
            inputs.Store(layouts, normed + (long)(members.Span[i] / used) * hidden, i);
        if (members.Length > 1)
            step.Barrier();
        return inputs;
    }

    private void Combine(ExpertScratch own, int row, int used, float* x)
    {
        float sum = 0;
        for (int i = 0; i < used; i++)
            sum += own.Weights[row * used + i];
        sum = MathF.Max(sum, SmallestSum);
        int hidden = config.HiddenSize;
        float* y = own.Normed + (long)row * hidden;
        for (int i = 0; i < used; i++)
        {
            float p = own.Weights[row * used + i] / sum * config.ExpertWeightScale;
            float* output = own.Outputs + (long)(row * used + i) * hidden;
            for (int d = 0; d < hidden; d++)
                y[d] = i == 0 ? output[d] * p : y[d] + output[d] * p;
        }
        for (int d = 0; d < hidden; d++)
            x[d] += y[d];
    }
}
