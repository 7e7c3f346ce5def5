using Realm.Passes;

namespace Realm.Branches;

/// <summary>One linear map: what is left of attention where a search over architectures found no need for more. (Bercovich et al.,
/// 2024)</summary>
internal sealed class Projection(Linear linear) : Branch
{
    private readonly Matrices _matrix = new(linear);

    public override SourceNeeds Reads => new(_matrix.Layouts);

    public override void Ask(Needs needs) => needs.Product(_matrix);

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_matrix, source, target);                                              // (rows, hidden)
        step.Barrier();
    }
}
