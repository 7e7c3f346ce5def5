using Realm.Passes;

namespace Realm.Branches;

/// <summary>norm(branch(n)): for a branch beside others.</summary>
internal sealed unsafe class Normed(Branch branch, Norm norm) : Branch
{
    private RowBuffer _result = null!;

    public override SourceNeeds Reads => branch.Reads;

    public override void Ask(Needs needs)
    {
        _result = needs.Rows(norm.Size);
        needs.Children(branch);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        branch.Forward(step, source, _result);
        (int first, int last) = step.Share(source.Count);
        for (int row = first; row < last; row++)
        {
            norm.Apply(_result.Row(row));
            target.Put(row, _result.Row(row), norm.Size);
        }
        step.Barrier();
    }
}
