using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>x = norm(x + branch(x)): the residual form of the first transformers. (Vaswani et al., 2017) With a second norm, x is added
/// once more: x = again(x + norm(x + branch(x))). (Günther et al., 2023)</summary>
internal sealed unsafe class NormedSum(Branch branch, Norm norm, Norm? again = null) : Block
{
    private SourceBuffer _source = null!;
    private RowBuffer? _numbers;
    private RowBuffer? _sum;

    public override void Ask(Needs needs)
    {
        _source = needs.Source(branch.Reads.Layouts, needs.Hidden);
        _numbers = branch.Reads.Numbers ? needs.Rows(needs.Hidden) : null;
        _sum = again == null ? null : needs.Rows(needs.Hidden);
        needs.Children(branch);
    }

    public override void Forward(in Step step)
    {
        Source x = step.Read(step.Stream, step.Count, null, _source, _numbers);
        if (_sum == null)
        {
            branch.Forward(step, x, step.Into(add: true));
            step.NormStream(norm);
            return;
        }
        branch.Forward(step, x, _sum);
        AddTwice(step, _sum);
    }

    private void AddTwice(in Step step, RowBuffer sum)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* x = step.Stream[row], y = sum.Row(row);
            Add(x, y);
            norm.Apply(y);
            Add(x, y);
            again!.Compute(y, x);
        }
        step.Barrier();
    }

    private void Add(float* x, float* y)
    {
        for (int i = 0; i < norm.Size; i++)
            y[i] += x[i];
    }
}
