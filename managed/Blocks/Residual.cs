using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>x += scale · after(branch(before(x))): the usual residual form; either norm may be missing.</summary>
internal sealed unsafe class Residual(Norm? before, Branch branch, Norm? after = null, float scale = 1f) : Block
{
    private SourceBuffer _source = null!;
    private RowBuffer? _normed;
    private RowBuffer? _result;

    public override void Ask(Needs needs)
    {
        _source = needs.Source(branch.Reads.Layouts, needs.Hidden);
        _normed = branch.Reads.Numbers ? needs.Rows(needs.Hidden) : null;
        _result = after == null ? null : needs.Rows(needs.Hidden);
        needs.Children(branch);
    }

    public override void Forward(in Step step)
    {
        Source n = step.Read(step.Stream, step.Count, before, _source, _normed);      // (rows, hidden)
        if (_result == null)
        {
            branch.Forward(step, n, step.Into(add: true, scale));                     // (rows, hidden)
            return;
        }
        branch.Forward(step, n, _result);
        step.AddNormed(_result, after!, scale);
    }
}
