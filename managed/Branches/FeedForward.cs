using Realm.Passes;

namespace Realm.Branches;

/// <summary>Feed-forward network: down(f(up(n))), or with a gate down(f(gate(n)) · up(n)). (Vaswani et al., 2017; Shazeer, 2020)</summary>
/// <param name="inner">Up, perhaps gated.</param>
/// <param name="down">It may read only the beginning of what stands before it.</param>
/// <param name="middle">A change of what goes into the last matrix; null: none.</param>
internal sealed unsafe class FeedForward(Matrices inner, Linear down, RowChange? middle = null) : Branch
{
    private readonly Matrices _down = new(down);
    private RowBuffer _middle = null!;
    private SourceBuffer _source = null!;

    public override SourceNeeds Reads => new(inner.Layouts);

    public override void Ask(Needs needs)
    {
        needs.Product(inner);
        needs.Product(_down);
        _middle = needs.Rows(inner.Outputs);
        _source = needs.Source(_down.Layouts, _down.Inputs);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(inner, source, _middle);            // (rows, feedForward)
        step.Barrier();
        if (middle != null)
            ChangeMiddle(step, middle);
        Source m = step.Load(_middle, _source);
        step.Project(_down, m, target);                  // (rows, hidden)
        step.Barrier();
    }

    private void ChangeMiddle(in Step step, RowChange change)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
            change.Apply(_middle.Row(row));
        step.Barrier();
    }
}
