using Realm.Passes;

namespace Realm.Branches;

/// <summary>What it reads, as it is.</summary>
internal sealed unsafe class Identity(int width) : Branch
{
    public override SourceNeeds Reads => new(default, Numbers: true);

    public override void Ask(Needs needs)
    {
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        (int first, int last) = step.Share(source.Count);
        for (int row = first; row < last; row++)
            target.Put(row, source[row], width);
        step.Barrier();
    }
}
