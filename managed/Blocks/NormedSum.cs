using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>x = norm(x + branch(x)): the residual form of the first transformers. (Vaswani et al., 2017)</summary>
internal sealed unsafe class NormedSum(Branch branch, Norm norm) : Block
{
    private SourceBuffer _source = null!;
    private RowBuffer? _numbers;

    public override void Ask(Needs needs)
    {
        _source = needs.Source(branch.Reads.Layouts, needs.Hidden);
        _numbers = branch.Reads.Numbers ? needs.Rows(needs.Hidden) : null;
        needs.Children(branch);
    }

    public override void Forward(in Step step)
    {
        Source x = step.Read(step.Stream, step.Count, null, _source, _numbers);
        branch.Forward(step, x, step.Into(add: true));
        step.NormStream(norm);
    }
}
