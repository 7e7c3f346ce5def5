using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>n = norm(x); x = scale · n + branch(n): what is added to is the normed stream. (MiniMax, 2025)</summary>
internal sealed unsafe class NormedResidual(Norm norm, Branch branch, float scale) : Block
{
    private SourceBuffer _source = null!;
    private RowBuffer _normed = null!;
    private RowBuffer _result = null!;

    public override void Ask(Needs needs)
    {
        _source = needs.Source(branch.Reads.Layouts, needs.Hidden);
        _normed = needs.Rows(needs.Hidden);
        _result = needs.Rows(needs.Hidden);
        needs.Children(branch);
    }

    public override void Forward(in Step step)
    {
        Source n = step.Read(step.Stream, step.Count, norm, _source, _normed);        // (rows, hidden)
        branch.Forward(step, n, _result);
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* x = step.Stream[row], normed = _normed.Row(row), result = _result.Row(row);
            for (int i = 0; i < (int)_normed.Floats; i++)
                x[i] = normed[i] * scale + result[i];
        }
        step.Barrier();
    }
}
