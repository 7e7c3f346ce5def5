using Realm.Passes;

namespace Realm.Branches;

/// <summary>The sum of several branches that read the same rows, times a scale: shared experts, dense networks beside mixtures.</summary>
internal sealed class Sum(float scale, params Branch[] branches) : Branch
{
    public Sum(params Branch[] branches) : this(1f, branches)
    {
    }

    public override SourceNeeds Reads => branches.Aggregate(default(SourceNeeds), (all, branch) => all | branch.Reads);

    public override void Ask(Needs needs) => needs.Children(branches);

    public override void Forward(in Step step, in Source source, in Target target)
    {
        Target scaled = target.Times(scale);
        branches[0].Forward(step, source, scaled);
        for (int i = 1; i < branches.Length; i++)
            branches[i].Forward(step, source, scaled.Added);
    }
}
