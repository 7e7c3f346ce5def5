using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>Experts are chosen by what the layer gets, before attention, so that their weights may be fetched meanwhile; then come the
/// layer's blocks. (Song et al., 2025)</summary>
internal sealed unsafe class RoutedAhead(Router router, params Block[] blocks) : Block
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
        router.Route(step, step.Read(step.Stream, step.Count, null, _source));        // (rows, used)
        foreach (Block block in blocks)
            block.Forward(step);
    }
}
