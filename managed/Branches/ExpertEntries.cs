using Realm.Kernels;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>The entries of a pass sorted by expert. An expert that serves any has a run of slots from a multiple of 8 on; slots between
/// runs are empty.</summary>
internal sealed unsafe class ExpertEntries(ExpertChoice choice) : RowRuns, IAsk
{
    private readonly int[] _counts = new int[choice.Routing.Experts];
    private readonly int[] _starts = new int[choice.Routing.Experts];
    private readonly int[] _active = new int[choice.Routing.Experts];
    private int _activeCount;
    private RowBuffer _slots = null!;
    private RowBuffer _entries = null!;

    /// <summary>Slots, empty ones too: a multiple of 8.</summary>
    public int Slots { get; private set; }

    /// <summary>Experts that serve a row.</summary>
    public override int Count => _activeCount;

    public void Ask(Needs needs)
    {
        // Integers in rooms for numbers.
        _slots = needs.Rows(choice.Routing.Used);
        _entries = needs.Rows(1, choice.Routing.Used, checked((Lanes.Tokens - 1) * choice.Routing.Experts));
    }

    public override bool FitTiles => !choice.Repeats;

    /// <summary>The i-th expert that serves a row.</summary>
    public override int Matrix(int i) => _active[i];

    /// <summary>The first slot of an expert that serves a row, and how many follow.</summary>
    public override (int First, int Count) Run(int matrix) => (_starts[matrix], _counts[matrix]);

    /// <summary>The entry in a slot; -1: none.</summary>
    public int EntryAt(int slot) => ((int*)_entries.Memory)[slot];

    /// <summary>The slot of an entry.</summary>
    public int SlotOf(int entry) => ((int*)_slots.Memory)[entry];

    /// <summary>Rows of a buffer, (slots, columns), as activations, those of empty slots left out. Waits.</summary>
    public Inputs Load(in Step step, RowBuffer rows, SourceBuffer buffer)
    {
        Inputs inputs = step.Scratch.SharedInputs(buffer);
        (int first, int last) = step.ShareTiles(Slots);
        for (int slot = first; slot < last; slot++)
        {
            if (EntryAt(slot) >= 0)
                inputs.Store(buffer.Layouts, rows.Row(slot), slot);
        }
        step.Barrier();
        return inputs;
    }

    /// <summary>Sorts the entries of `rows` rows.</summary>
    public void Sort(int rows)
    {
        int used = choice.Routing.Used;
        Array.Clear(_counts);
        for (int row = 0; row < rows; row++)
        {
            for (int rank = 0; rank < used; rank++)
                _counts[choice.Expert(row, rank)]++;
        }
        Slots = _activeCount = 0;
        for (int expert = 0; expert < _counts.Length; expert++)
        {
            if (_counts[expert] == 0)
                continue;
            _active[_activeCount++] = expert;
            _starts[expert] = Slots;
            Slots += (_counts[expert] + Lanes.Tokens - 1) / Lanes.Tokens * Lanes.Tokens;
            _counts[expert] = 0;
        }
        new Span<int>(_entries.Memory, Slots).Fill(-1);
        for (int row = 0; row < rows; row++)
        {
            for (int rank = 0; rank < used; rank++)
            {
                int expert = choice.Expert(row, rank), slot = _starts[expert] + _counts[expert]++;
                ((int*)_entries.Memory)[slot] = row * used + rank;
                ((int*)_slots.Memory)[row * used + rank] = slot;
            }
        }
    }
}
