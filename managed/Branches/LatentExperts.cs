using Realm.Passes;

namespace Realm.Branches;

/// <summary>Experts that work in a narrower space: up(norm(experts(down(n)))), chosen by the whole row n. The norm may be missing. (NVIDIA, 2025)</summary>
/// <param name="router">Chooses by the whole row; the experts were told that they are routed.</param>
/// <param name="down">Into the narrower space.</param>
/// <param name="experts">Of rows of that space.</param>
/// <param name="norm">Of their result; null: none.</param>
/// <param name="up">Back.</param>
internal sealed unsafe class LatentExperts(Router router, Linear down, Branch experts, Norm? norm, Linear up) : Branch
{
    private readonly Matrices _down = new(down);
    private readonly Matrices _up = new(up);
    private RowBuffer _latent = null!;
    private RowBuffer _result = null!;
    private SourceBuffer _inner = null!;
    private SourceBuffer _outer = null!;

    public override SourceNeeds Reads => router.Reads | new SourceNeeds(_down.Layouts);

    public override void Ask(Needs needs)
    {
        needs.Product(_down);
        needs.Product(_up);
        router.Ask(needs);
        _latent = needs.Rows(down.Outputs);
        _result = needs.Rows(down.Outputs);
        _inner = needs.Source(experts.Reads.Layouts, down.Outputs);
        _outer = needs.Source(_up.Layouts, down.Outputs);
        needs.Children(experts);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        router.Route(step, source);                                                            // (rows, used)
        step.Project(_down, source, _latent);                                                  // (rows, latent)
        step.Barrier();
        Source latent = new(step.Read(_latent.View, step.Count, null, _inner).Inputs, step.Count, _latent);
        experts.Forward(step, latent, _result);                                                // (rows, latent)
        step.Project(_up, step.Read(_result.View, step.Count, norm, _outer), target);          // (rows, hidden)
        step.Barrier();
    }
}
