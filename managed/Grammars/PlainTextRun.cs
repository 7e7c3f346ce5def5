namespace Realm.Grammars;

/// <summary>
/// How much plain text (<see cref="PlainText"/>) a state takes: any text of so many characters, and either none that is longer or as long a
/// one as is asked for. States that tell texts apart otherwise have no such run.
/// </summary>
/// <param name="mostStates">A state that tells so many texts apart is not asked to the end.</param>
internal sealed class PlainTextRun(int mostStates)
{
    private readonly List<List<GrammarState>> _ends = [];

    /// <summary>States, where they are within a character, and the characters behind which they were met first.</summary>
    private readonly Dictionary<(int State, int Phase), int> _met = [];
    private readonly Queue<(GrammarState State, int Phase, int Characters)> _open = new();
    private bool _exits;

    /// <summary>The characters of the run.</summary>
    public int Characters { get; private set; }

    /// <summary>Whether texts of one length lead to other states than those of another.</summary>
    public bool IsCounted { get; private set; }

    /// <summary>The most bytes from behind a text of the run to the bottom.</summary>
    public int Longest
    {
        get
        {
            int longest = 0;
            for (int characters = 1; characters <= Characters; characters++)
            {
                foreach (GrammarState end in EndsBehind(characters))
                {
                    longest = Math.Max(longest, end.Shortest);
                }
            }
            return longest;
        }
    }

    /// <summary>The states behind so many characters that fewer don't lead to.</summary>
    public IReadOnlyList<GrammarState> EndsBehind(int characters) => characters < _ends.Count ? _ends[characters] : [];

    /// <summary>Whether a state has a run. If so, it is known afterwards.</summary>
    /// <param name="table">The states.</param>
    /// <param name="state">One of them.</param>
    /// <param name="most">Characters of the longest text that is asked for.</param>
    public bool Find(StateTable table, GrammarState state, int most)
    {
        _ends.Clear();
        _met.Clear();
        _open.Clear();
        Characters = most;
        IsCounted = true;
        _exits = state.Exits;
        // The state itself counts as met only when a text leads back to it.
        _open.Enqueue((state, 0, 0));
        while (_open.TryDequeue(out (GrammarState State, int Phase, int Characters) at))
        {
            if (at.Phase == 0 && (at.Characters == most || !TakesAny(at.State)))
            {
                Characters = Math.Min(Characters, at.Characters);
            }
            else if (!Follow(table, at))
            {
                return false;
            }
        }
        // A run that ends before does so behind all texts of its length; what exits may go on below the bottom, where no text is too long.
        return Characters == most || IsCounted && !_exits && _ends.Count == Characters + 1;
    }

    /// <summary>Follows all that a character may begin or go on with; false where some of it can't.</summary>
    private bool Follow(StateTable table, (GrammarState State, int Phase, int Characters) at)
    {
        BytePartition partition = table.PartitionOf(at.State);
        foreach ((byte first, byte last) in PlainText.Classes)
        {
            int phase = PlainText.Next(at.Phase, first);
            int before = -1;
            for (int value = first; phase >= 0 && value <= last; value++)
            {
                // Bytes of a class lead to the same state.
                if (partition.ClassOf[value] == before)
                {
                    continue;
                }
                before = partition.ClassOf[value];
                GrammarState next = table[table.Step(at.State, (byte)value)];
                if (next.IsDead || !Meet(next, phase, phase == 0 ? at.Characters + 1 : at.Characters))
                {
                    return false;
                }
            }
        }
        return true;
    }

    /// <summary>Notes a state; false where there are too many.</summary>
    private bool Meet(GrammarState state, int phase, int characters)
    {
        if (_met.TryGetValue((state.Number, phase), out int before))
        {
            IsCounted &= before == characters;
            return true;
        }
        if (_met.Count == mostStates)
        {
            return false;
        }
        _met.Add((state.Number, phase), characters);
        _open.Enqueue((state, phase, characters));
        _exits |= state.Exits;
        while (phase == 0 && _ends.Count <= characters)
        {
            _ends.Add([]);
        }
        if (phase == 0)
        {
            _ends[characters].Add(state);
        }
        return true;
    }

    /// <summary>Whether any plain text may follow.</summary>
    private static bool TakesAny(GrammarState state) => !(state.First & PlainText.Heads).IsEmpty;
}
