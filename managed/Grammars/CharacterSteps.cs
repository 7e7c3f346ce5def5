namespace Realm.Grammars;

/// <summary>
/// Where whole characters lead from a state. If all characters that some tokens are made of lead to one and the same state, and from there
/// again, nothing of these tokens needs to be looked at. Characters are told apart by their first bytes, which are asked for when they are met.
/// </summary>
internal sealed class CharacterSteps(StateTable table, GrammarState state)
{
    /// <summary>Bytes in which UTF-8 goes on within a character.</summary>
    private const byte FirstContinuation = 0x80, LastContinuation = 0xBF;

    /// <summary>First bytes whose characters all lead to one state; null: they don't.</summary>
    private readonly List<(ByteSet Heads, GrammarState? To)> _steps = [];

    /// <summary>The one state behind every character that begins with one of these bytes; null where there are several, or none.</summary>
    public GrammarState? Behind(ByteSet heads)
    {
        GrammarState? to = null;
        while (!heads.IsEmpty)
        {
            (ByteSet same, GrammarState? next) = StepOf(heads.Next(0));
            if (next == null || to != null && next != to)
            {
                return null;
            }
            to = next;
            heads &= ~same;
        }
        return to;
    }

    private (ByteSet Heads, GrammarState? To) StepOf(int head)
    {
        foreach ((ByteSet Heads, GrammarState? To) step in _steps)
        {
            if (step.Heads.Contains(head))
            {
                return step;
            }
        }
        GrammarState? to = null;
        to = Leads(state, 0, (byte)head, ref to) ? to : null;
        ByteSet heads = head < FirstContinuation ? SameAs(head) : ByteSet.Of((byte)head);
        int known = _steps.FindIndex(step => step.To == to);
        if (known >= 0)
        {
            return _steps[known] = (_steps[known].Heads | heads, to);
        }
        _steps.Add((heads, to));
        return (heads, to);
    }

    /// <summary>The characters of one byte that the state does not tell from one.</summary>
    private ByteSet SameAs(int value)
    {
        BytePartition partition = table.PartitionOf(state);
        return partition.Members[partition.ClassOf[value]] & ByteSet.Range(0, FirstContinuation - 1);
    }

    /// <summary>Whether all characters that go on with a byte lead to one state.</summary>
    private bool Leads(GrammarState from, int phase, byte value, ref GrammarState? to)
    {
        phase = Utf8Phase.Next(phase, value);
        GrammarState next = table[phase < 0 ? StateTable.Dead : table.Step(from, value)];
        if (next.IsDead)
        {
            return false;
        }
        if (phase == 0)
        {
            return (to ??= next) == next;
        }
        BytePartition partition = table.PartitionOf(next);
        for (int follow = FirstContinuation; follow <= LastContinuation; follow++)
        {
            // Of bytes in a row that the state does not tell apart one is enough: what is no character, it tells from those that are.
            bool isFirst = follow == FirstContinuation || partition.ClassOf[follow] != partition.ClassOf[follow - 1];
            if (isFirst && Utf8Phase.Next(phase, (byte)follow) >= 0 && !Leads(next, phase, (byte)follow, ref to))
            {
                return false;
            }
        }
        return true;
    }
}
