using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>Experts are chosen by what the layer gets, through a norm or as it is, before attention, so that their weights may be fetched meanwhile; then come the
/// layer's blocks. (Song et al., 2025)</summary>
internal sealed unsafe class RoutedAhead(Router router, Norm? norm, params Block[] blocks) : Block
{
    private SourceBuffer _source = null!;

    public override void Ask(Needs needs)
    {
        router.Ask(needs);
        _source = needs.Source(router.Reads.Layouts, needs.Hidden);
        needs.Children(blocks);
    }

    public override void Forward(in Step step)
    {
        router.Route(step, step.Read(step.Stream, step.Count, norm, _source));        // (rows, used)
        foreach (Block block in blocks)
            block.Forward(step);
    }
}
