using Realm.Kernels;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>
/// Mixture of experts: the sum over a token's chosen experts e of weight[e] · ffn_e(n). Entries are sorted by expert, each expert's in
/// whole tiles of 8 rows; then one loop goes over the inner matrices of all experts, one over the outer ones. (Shazeer et al., 2017; Jiang
/// et al., 2024)
/// </summary>
internal sealed unsafe class Experts : Branch
{
    private readonly ExpertChoice _choice;
    private readonly Router? _router;
    private readonly ExpertEntries _entries;
    private readonly ExpertProducts _inner;
    private readonly ExpertProducts _outer;
    private readonly LayoutSet _innerLayouts;
    private readonly LayoutSet _downLayouts;
    private readonly int _columns;
    private readonly int _feedForward;
    private readonly int _size;
    private RowBuffer _middle = null!;
    private RowBuffer _outputs = null!;
    private SourceBuffer _gathered = null!;
    private SourceBuffer _source = null!;

    /// <param name="choice">Which experts serve which rows.</param>
    /// <param name="inner">The inner matrix of each expert, with its activation.</param>
    /// <param name="down">The outer matrix of each expert.</param>
    /// <param name="routed">The choice was made before, perhaps of other rows than the experts read, and whoever made it asked for its
    /// room.</param>
    public Experts(ExpertChoice choice, Matrices[] inner, Linear[] down, bool routed = false)
    {
        Matrices[] outer = [.. down.Select(linear => new Matrices(linear))];
        _choice = choice;
        _router = routed ? null : (Router)choice;
        _entries = new ExpertEntries(choice);
        _inner = new ExpertProducts(_entries, inner, choice.Routing.Used);
        _outer = new ExpertProducts(_entries, outer, choice.Routing.Used);
        _innerLayouts = LayoutsOf(inner);
        _downLayouts = LayoutsOf(outer);
        _columns = inner[0].Inputs;
        _feedForward = inner[0].Outputs;
        _size = outer[0].Outputs;
    }

    public override SourceNeeds Reads => new(_router?.Reads.Layouts ?? default, Numbers: true);

    public override void Ask(Needs needs)
    {
        int used = _choice.Routing.Used, most = Math.Min(_choice.Routing.Experts, checked(used * Lanes.Tokens));
        _router?.Ask(needs);
        // An expert's entries are filled up to a whole tile.
        int extra = checked((Lanes.Tokens - 1) * _choice.Routing.Experts);
        _gathered = needs.Source(_innerLayouts, _columns, used, extra);
        _middle = needs.Rows(_feedForward, used, extra);
        _source = needs.Source(_downLayouts, _feedForward, used, extra);
        _outputs = needs.Rows(_size, used, extra);
        // Of passes that wait for no helper, which have up to 8 rows.
        _inner.Ask(needs, most, extra);
        _outer.Ask(needs, most, extra);
        _entries.Ask(needs);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        _router?.Route(step, source);                                                         // (rows, used)
        if (step.Thread == 0)
            _entries.Sort(source.Count);
        step.Barrier();
        Inputs some = Gather(step, source);                                                   // (slots, hidden)
        _inner.Forward(step, some, _middle);                                                  // (slots, feedForward)
        _outer.Forward(step, _entries.Load(step, _middle, _source), _outputs);                // (slots, hidden)
        Combine(step, source.Count, target);                                                  // (rows, hidden)
    }

    private Inputs Gather(in Step step, in Source source)
    {
        Inputs inputs = step.Scratch.SharedInputs(_gathered);
        (int first, int last) = step.ShareTiles(_entries.Slots);
        float* weighted = step.Scratch.Row(step.Thread);
        int used = _choice.Routing.Used;
        for (int slot = first; slot < last; slot++)
        {
            int entry = _entries.EntryAt(slot);
            if (entry < 0)
                continue;
            float* row = source[entry / used];
            if (_choice.Routing.WeightsInputs)
            {
                float weight = _choice.Weight(entry / used, entry % used);
                for (int i = 0; i < _columns; i++)
                    weighted[i] = row[i] * weight;
                row = weighted;
            }
            inputs.Store(_gathered.Layouts, row, slot);
        }
        step.Barrier();
        return inputs;
    }

    // A row's experts are added in the order of their rank: the sum does not depend on which other rows there are.
    private void Combine(in Step step, int rows, in Target target)
    {
        int used = _choice.Routing.Used;
        float* y = step.Scratch.Row(step.Thread);
        (int first, int last) = step.Share(rows);
        for (int row = first; row < last; row++)
        {
            for (int rank = 0; rank < used; rank++)
            {
                float weight = _choice.Routing.WeightsInputs ? 1f : _choice.Weight(row, rank);
                new Target(y, 0, add: rank > 0, weight).Put(0, _outputs.Row(_entries.SlotOf(row * used + rank)), _size);
            }
            target.Put(row, y, _size);
        }
        step.Barrier();
    }

    private static LayoutSet LayoutsOf(Matrices[] matrices) => new(matrices.Aggregate(0, (bits, m) => bits | m.Layouts.Bits));
}
