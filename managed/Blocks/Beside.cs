using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>A branch reads what the layer gets, through a norm, and its result is added behind the layer's other blocks. (Snowflake,
/// 2024)</summary>
internal sealed unsafe class Beside(Norm norm, Branch branch, params Block[] blocks) : Block
{
    private SourceBuffer _source = null!;
    private RowBuffer? _normed;
    private RowBuffer _result = null!;

    public override void Ask(Needs needs)
    {
        _source = needs.Source(branch.Reads.Layouts, needs.Hidden);
        _normed = branch.Reads.Numbers ? needs.Rows(needs.Hidden) : null;
        _result = needs.Rows(needs.Hidden);
        needs.Children([branch, .. blocks]);
    }

    public override void Forward(in Step step)
    {
        branch.Forward(step, step.Read(step.Stream, step.Count, norm, _source, _normed), _result);      // (rows, hidden)
        foreach (Block block in blocks)
            block.Forward(step);
        step.AddNormed(_result, null, 1f);
    }
}
