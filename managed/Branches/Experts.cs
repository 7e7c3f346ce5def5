using Realm.Kernels;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>
/// Mixture of experts: the sum over a token's chosen experts e of weight[e] · ffn_e(n). Entries are sorted by expert, each expert's in whole tiles of
/// 8 rows; then one loop goes over the inner matrices of all experts, one over the outer ones. (Shazeer et al., 2017; Jiang et al., 2024)
/// </summary>
/// <param name="router">Which experts serve which rows.</param>
/// <param name="inner">The inner matrix of each expert, with its activation.</param>
/// <param name="down">The outer matrix of each expert.</param>
/// <param name="routed">What the router reads, where that is not what the experts read; it must have been routed before.</param>
internal sealed unsafe class Experts(Router router, Matrices[] inner, Linear[] down, bool routed = false) : Branch
{
    private readonly Matrices[] _down = [.. down.Select(linear => new Matrices(linear))];
    private readonly ExpertEntries _entries = new(router);
    private readonly ExpertLoop _innerLoop = new();
    private readonly ExpertLoop _downLoop = new();
    private RowBuffer _middle = null!;
    private RowBuffer _outputs = null!;
    private SourceBuffer _gathered = null!;
    private SourceBuffer _source = null!;

    public override SourceNeeds Reads => new(routed ? default : router.Reads.Layouts, Numbers: true);

    private int Columns => inner[0].Inputs;

    private int FeedForward => inner[0].Outputs;

    private int Outputs => down[0].Outputs;

    public override void Ask(Needs needs)
    {
        int used = router.Routing.Used, most = Math.Min(router.Routing.Experts, used * Lanes.Tokens);
        if (!routed)
            router.Ask(needs);
        // An expert's entries are filled up to a whole tile.
        int extra = (Lanes.Tokens - 1) * router.Routing.Experts;
        _gathered = needs.Source(LayoutsOf(inner), Columns, used, extra);
        _middle = needs.Rows(FeedForward, used, extra);
        _source = needs.Source(LayoutsOf(_down), FeedForward, used, extra);
        _outputs = needs.Rows(Outputs, used, extra);
        // Of passes that wait for no helper, which have up to 8 rows.
        needs.Product(Neediest(inner), checked(most * inner[0].Groups));
        needs.Product(Neediest(_down), checked(most * _down[0].Groups));
        _entries.Ask(needs);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        if (!routed)
            router.Route(step, source);                                                       // (rows, used)
        if (step.Thread == 0)
            _entries.Sort(source.Count);
        step.Barrier();
        Inputs some = Gather(step, source);                                                   // (slots, hidden)
        _innerLoop.Set(step, _entries, inner, some, _middle, FeedForward);
        step.Share(_innerLoop, _innerLoop.Count);                                             // (slots, feedForward)
        step.Barrier();
        Inputs middle = LoadMiddle(step);
        _downLoop.Set(step, _entries, _down, middle, _outputs, Outputs);
        step.Share(_downLoop, _downLoop.Count);                                               // (slots, hidden)
        step.Barrier();
        Combine(step, source.Count, target);                                                  // (rows, hidden)
    }

    private Inputs Gather(in Step step, in Source source)
    {
        Inputs inputs = step.Scratch.SharedInputs(_gathered);
        (int first, int last) = step.ShareTiles(_entries.Slots);
        float* weighted = step.Scratch.Row(step.Thread);
        for (int slot = first; slot < last; slot++)
        {
            int entry = _entries.EntryAt(slot);
            if (entry < 0)
                continue;
            float* row = source[entry / router.Routing.Used];
            if (router.Routing.WeightsInputs)
            {
                float weight = router.Weight(entry / router.Routing.Used, entry % router.Routing.Used);
                for (int i = 0; i < Columns; i++)
                    weighted[i] = row[i] * weight;
                row = weighted;
            }
            inputs.Store(_gathered.Layouts, row, slot);
        }
        step.Barrier();
        return inputs;
    }

    private Inputs LoadMiddle(in Step step)
    {
        Inputs inputs = step.Scratch.SharedInputs(_source);
        (int first, int last) = step.ShareTiles(_entries.Slots);
        for (int slot = first; slot < last; slot++)
        {
            if (_entries.EntryAt(slot) >= 0)
                inputs.Store(_source.Layouts, _middle.Row(slot), slot);
        }
        step.Barrier();
        return inputs;
    }

    // A row's experts are added in the order of their rank: the sum does not depend on which other rows there are.
    private void Combine(in Step step, int rows, in Target target)
    {
        int used = router.Routing.Used;
        float* y = step.Scratch.Row(step.Thread);
        (int first, int last) = step.Share(rows);
        for (int row = first; row < last; row++)
        {
            for (int rank = 0; rank < used; rank++)
            {
                float weight = router.Routing.WeightsInputs ? 1f : router.Weight(row, rank);
                float* output = _outputs.Row(_entries.SlotOf(row * used + rank));
                for (int i = 0; i < Outputs; i++)
                    y[i] = rank == 0 ? output[i] * weight : y[i] + output[i] * weight;
            }
            target.Put(row, y, Outputs);
        }
        step.Barrier();
    }

    private static LayoutSet LayoutsOf(Matrices[] matrices) => new(matrices.Aggregate(0, (bits, m) => bits | m.Layouts.Bits));

    private static Matrices Neediest(Matrices[] matrices) => matrices.MaxBy(m => m.GroupBytes)!;
}
