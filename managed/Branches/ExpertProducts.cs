using Realm.Kernels;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>The products of all experts' matrices with the entries that each serves, and what adapters add to them.</summary>
/// <param name="entries">Which entries each expert serves.</param>
/// <param name="matrices">One for each expert, of one shape.</param>
/// <param name="used">Entries of a row.</param>
internal sealed unsafe class ExpertProducts(ExpertEntries entries, Matrices[] matrices, int used)
{
    private readonly ManyMatricesLoop _loop = new(entries, matrices, changesApart: true);
    private readonly ExpertChanges? _changes = matrices.Any(m => m.Changes != null) ? new(entries, matrices, used) : null;

    /// <summary>Room for the loops; `extra`: slots that are empty at most.</summary>
    public void Ask(Needs needs, int mostRuns, int extra)
    {
        _loop.Ask(needs, mostRuns);
        _changes?.Ask(needs, mostRuns, extra);
    }

    /// <summary>output (slots, outputs) of inputs (slots, columns). Waits.</summary>
    public void Forward(in Step step, Inputs inputs, RowBuffer output)
    {
        if (_changes != null && _changes.IsUsed(step.Rows))
            _changes.Forward(step, inputs, output);
        else
            _loop.Run(step, inputs, output);
    }
}

/// <summary>
/// The same products with low-rank changes, for passes in which at least one row wants one of them. Rows that don't are given the bits that they have
/// without; products with an activation run as plain ones, and the activation after the changes.
/// </summary>
internal sealed unsafe class ExpertChanges
{
    // The activations go over 8 numbers at a time.
    private const int Step8 = 8;

    private readonly ExpertEntries _entries;
    private readonly int _used;
    private readonly int _outputs;
    private readonly Activation? _activation;
    private readonly ManyMatricesLoop _gate;
    private readonly ManyMatricesLoop? _up;
    private readonly Part[] _parts;
    private RowBuffer? _gates;
    private RowBuffer? _ups;
    private RowBuffer _low = null!;
    private RowBuffer _sums = null!;

    public ExpertChanges(ExpertEntries entries, Matrices[] matrices, int used)
    {
        _entries = entries;
        _used = used;
        _outputs = matrices[0].Outputs;
        _activation = matrices[0].Activation;
        _gate = Loop(m => m.First);
        _up = matrices[0].Up == null ? null : Loop(m => m.Up!);
        _parts =
        [
            .. matrices[0].First.Changes.Select((change, i) => new Part(change, Loop(m => m.First.Changes[i].A), Loop(m => m.First.Changes[i].B), ofUp: false)),
            .. (matrices[0].Up?.Changes ?? []).Select((change, i) => new Part(change, Loop(m => m.Up!.Changes[i].A), Loop(m => m.Up!.Changes[i].B), ofUp: true)),
        ];

        ManyMatricesLoop Loop(Func<Matrices, Linear> part) => new(entries, Array.ConvertAll(matrices, m => Matrices.Plain(part(m))));
    }

    public void Ask(Needs needs, int mostRuns, int extra)
    {
        _gate.Ask(needs, mostRuns);
        _up?.Ask(needs, mostRuns);
        foreach (Part part in _parts)
        {
            part.A.AskUnpacked(needs, mostRuns);
            part.B.AskUnpacked(needs, mostRuns);
            part.Source = needs.Source(LayoutSet.Of(part.Change.B), part.Change.B.Weight.Columns, _used, extra);
        }
        _low = needs.Rows(_parts.Max(part => part.Change.A.Outputs), _used, extra);
        _sums = needs.Rows(_outputs, _used, extra);
        if (_activation == null)
            return;
        int padded = checked((_outputs + Step8 - 1) / Step8 * Step8);
        _gates = needs.Rows(padded, _used, extra);
        _ups = _up == null ? null : needs.Rows(padded, _used, extra);
    }

    /// <summary>Whether a row of the pass wants one of the changes.</summary>
    public bool IsUsed(RowSet rows)
    {
        foreach (Part part in _parts)
        {
            if (rows.Uses(part.Change.Adapter))
                return true;
        }
        return false;
    }

    public void Forward(in Step step, Inputs inputs, RowBuffer output)
    {
        _gate.Run(step, inputs, _gates ?? output);
        _up?.Run(step, inputs, _ups!);
        foreach (Part part in _parts)
        {
            if (step.Rows.Uses(part.Change.Adapter))
                Add(step, part, inputs, part.OfUp ? _ups! : _gates ?? output);
        }
        if (_activation != null)
            Activate(step, output);
    }

    private void Add(in Step step, Part part, Inputs inputs, RowBuffer to)
    {
        part.A.Run(step, inputs, _low);                                                      // (slots, rank)
        Inputs low = _entries.Load(step, _low, part.Source);
        part.B.Run(step, low, _sums);                                                        // (slots, outputs)
        (int first, int last) = step.ShareTiles(_entries.Slots);
        for (int slot = first; slot < last; slot++)
        {
            int entry = _entries.EntryAt(slot);
            float strength = entry < 0 ? 0 : step.Rows.Strength(part.Change.Adapter, entry / _used);
            if (strength != 0)
                new Target(to.Memory, to.Floats, add: true, strength * part.Change.Scale).Put(slot, _sums.Row(slot), _outputs);
        }
        step.Barrier();
    }

    private void Activate(in Step step, RowBuffer output)
    {
        (int first, int last) = step.ShareTiles(_entries.Slots);
        for (int slot = first; slot < last; slot++)
        {
            if (_entries.EntryAt(slot) < 0)
                continue;
            float* gate = _gates!.Row(slot);
            if (_ups == null)
                _activation!.Apply(gate, (int)_gates.Floats);
            else
                _activation!.Gate(gate, _ups.Row(slot), (int)_gates.Floats);
            new ReadOnlySpan<float>(gate, _outputs).CopyTo(new Span<float>(output.Row(slot), _outputs));
        }
        step.Barrier();
    }

    /// <summary>A change of the first matrices, or of the up matrices.</summary>
    private sealed class Part(LowRank change, ManyMatricesLoop a, ManyMatricesLoop b, bool ofUp)
    {
        /// <summary>The first expert's: all have its adapter, scale and shapes.</summary>
        public LowRank Change => change;

        public ManyMatricesLoop A => a;

        public ManyMatricesLoop B => b;

        public bool OfUp => ofUp;

        public SourceBuffer Source { get; set; } = null!;
    }
}
