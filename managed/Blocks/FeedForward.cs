namespace Realm.Blocks;

/// <summary>Gated feed-forward network: x += down(silu(gate(n)) · up(n)), n = norm(x).</summary>
internal sealed unsafe class FeedForward(ModelConfig config, float* norm, Linear gate, Linear up, Linear down) : Block
{
    private readonly Matrices _gated = Matrices.Gated(gate, up);
    private readonly Matrices _down = new(down);

    public override void Forward(in Step step)
    {
        float* x = step.Scratch.Hidden, h = step.Scratch.Gated;
        int rows = step.Count;

        Inputs n = step.Norm(x, rows, config.HiddenSize, norm, config.NormEpsilon, _gated.Layouts);  // (rows, hidden)
        step.ProjectGated(_gated, n, rows, h);                                                       // (rows, feedForward)
        Inputs m = step.Load(h, rows, _down.Inputs, _down.Layouts);
        step.ProjectAdd(_down, m, rows, x);                                                          // (rows, hidden)
    }
}
