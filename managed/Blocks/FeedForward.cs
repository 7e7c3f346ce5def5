namespace Realm.Blocks;

/// <summary>Gated feed-forward network: x += down(silu(gate(n)) · up(n)), n = norm(x).</summary>
internal sealed unsafe class FeedForward(ModelConfig config, float* norm, Linear gate, Linear up, Linear down) : Block
{
    private readonly LayoutSet _in = LayoutSet.Of(gate, up);
    private readonly LayoutSet _middle = LayoutSet.Of(down);

    public override void Forward(in Step step)
    {
        float* x = step.Scratch.Hidden, h = step.Scratch.Gated;
        int rows = step.Count;

        Inputs n = step.Norm(x, rows, config.HiddenSize, norm, config.NormEpsilon, _in);   // (rows, hidden)
        step.ProjectGated(gate, up, n, rows, h);                                            // (rows, feedForward)
        Inputs m = step.Load(h, rows, down.Weight.Columns, _middle);
        step.ProjectAdd(down, m, rows, x);                                                  // (rows, hidden)
    }
}
