using Realm.Passes;

namespace Realm.Blocks;

/// <summary>A part of a layer that changes each row of the residual stream by itself, in place.</summary>
internal abstract unsafe class RowBlock : Block
{
    public override void Ask(Needs needs)
    {
    }

    public override void Forward(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
            Apply(step.Stream[row], step.Rows.Positions[row]);
        step.Barrier();
    }

    /// <summary>Changes the row of a token at `position`.</summary>
    protected abstract void Apply(float* row, int position);
}
