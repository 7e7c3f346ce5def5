using System.Runtime.InteropServices;

namespace Realm.Grammars;

/// <summary>
/// The states of a grammar, made as they are needed. A state knows only the rules that were entered since its bottom; the frames below
/// are a list of their own (<see cref="Frame"/>), so states and masks are shared by all places where the same may follow.
/// </summary>
internal sealed class StateTable
{
    /// <summary>The state from which nothing leads on.</summary>
    public const int Dead = 0;

    private readonly ExpressionStore _store;
    private readonly Func<int, int> _bodyOf;
    private readonly int _most;
    private readonly List<GrammarState> _states = [];
    private readonly Dictionary<int, List<int>> _statesByHash = [];
    private readonly List<StackCell> _cells = [new StackCell(ExpressionStore.Nothing, -1)];
    private readonly Dictionary<StackCell, int> _cellNumbers = [];
    private readonly Dictionary<long, int> _lifted = [];
    private readonly Dictionary<int, int> _starts = [];
    private readonly Dictionary<long, int> _tokenSteps = [];
    private readonly Dictionary<long, int> _closed = [];

    /// <summary>Ways to be closed. Cleared before it is filled, not after: an error may leave some.</summary>
    private readonly List<(int Expression, int Stack)> _open = [];

    private readonly HashSet<(int Expression, int Stack)> _seen = [];
    private readonly List<(int Expression, int Stack)> _kept = [];

    /// <param name="store">The grammar's expressions.</param>
    /// <param name="bodyOf">The expression of a rule.</param>
    /// <param name="most">The most states that there may be.</param>
    public StateTable(ExpressionStore store, Func<int, int> bodyOf, int most = GrammarLimits.States)
    {
        (_store, _bodyOf, _most) = (store, bodyOf, most);
        Intern([], exits: false);
    }

    public int Count => _states.Count;

    public GrammarState this[int state] => _states[state];

    /// <summary>The state at the beginning of an expression.</summary>
    public int Start(int expression)
    {
        if (!_starts.TryGetValue(expression, out int state))
        {
            _open.Clear();
            _open.Add((expression, 0));
            _starts[expression] = state = Close();
        }
        return state;
    }

    /// <summary>The state behind a byte; <see cref="Dead"/> where it can't follow.</summary>
    public int Step(int state, byte value) => Step(_states[state], value);

    /// <summary>The state behind a byte.</summary>
    public int Step(GrammarState from, byte value)
    {
        StateRow row = RowOf(from);
        int next = row.Behind(value);
        return next != StateRow.Unknown ? next : Derive(row, value);
    }

    /// <summary>The state behind a byte, not kept in the table: for states that are met once.</summary>
    public int StepOnce(int state, byte value)
    {
        GrammarState from = _states[state];
        if (from.Row != null)
        {
            return Step(state, value);
        }
        _open.Clear();
        foreach ((int expression, int stack) in from.Ways)
        {
            AddLiving(_store.Derivative(expression, value), stack);
        }
        return Close();
    }

    /// <summary>The state behind a token.</summary>
    public int StepToken(int state, int token)
    {
        long key = (long)state << 32 | (uint)token;
        if (!_tokenSteps.TryGetValue(key, out int next))
        {
            _open.Clear();
            foreach ((int expression, int stack) in _states[state].Ways)
            {
                AddLiving(_store.TokenDerivative(expression, token), stack);
            }
            _tokenSteps[key] = next = Close();
        }
        return next;
    }

    /// <summary>The machines with a budget whose texts are under way.</summary>
    public int[] OpenTexts(int state)
    {
        GrammarState from = _states[state];
        if (from.OpenTexts == null)
        {
            var machines = new List<int>();
            foreach ((int expression, _) in from.Ways)
            {
                _store.OpenTexts(expression, machines);
            }
            from.OpenTexts = machines.Count == 0 ? [] : [.. machines];
        }
        return from.OpenTexts;
    }

    /// <summary>The state in which a machine's text may only be ended.</summary>
    public int CloseText(int state, int machine)
    {
        long key = (long)state << 32 | (uint)machine;
        if (!_closed.TryGetValue(key, out int closed))
        {
            _open.Clear();
            foreach ((int expression, int stack) in _states[state].Ways)
            {
                AddLiving(_store.Close(expression, machine), stack);
            }
            _closed[key] = closed = Close(_states[state].Exits);
        }
        return closed;
    }

    /// <summary>The tokens that a state takes by their ids; -1 - id stands for any other.</summary>
    public void FirstTokens(int state, List<int> tokens)
    {
        foreach ((int expression, _) in _states[state].Ways)
        {
            _store.FirstTokens(expression, tokens);
        }
    }

    /// <summary>A state with one return more at its bottom; where the state exits, what follows that return begins.</summary>
    public int Lift(int state, int follow)
    {
        long key = (long)state << 32 | (uint)follow;
        if (!_lifted.TryGetValue(key, out int lifted))
        {
            GrammarState from = _states[state];
            _open.Clear();
            foreach ((int expression, int stack) in from.Ways)
            {
                _open.Add((expression, Append(stack, follow)));
            }
            if (from.Exits)
            {
                _open.Add((follow, 0));
            }
            _lifted[key] = lifted = Close();
        }
        return lifted;
    }

    /// <summary>Both states' ways.</summary>
    public int Union(int x, int y)
    {
        _open.Clear();
        _open.AddRange(_states[x].Ways);
        _open.AddRange(_states[y].Ways);
        bool exits = _states[x].Exits || _states[y].Exits;
        return Close(exits);
    }

    /// <summary>A state without the returns that all its ways share at the bottom. None where it exits.</summary>
    public (int State, int[] Returns) Rebase(int state)
    {
        GrammarState from = _states[state];
        if (from.Rebased is { } known)
        {
            return known;
        }
        int[] shared = [];
        if (!from.Exits && from.Ways.Length > 0)
        {
            shared = ReturnsOf(from.Ways[0].Stack);
            for (int i = 1; i < from.Ways.Length; i++)
            {
                int[] other = ReturnsOf(from.Ways[i].Stack);
                shared = shared[..shared.AsSpan().CommonPrefixLength(other)];
            }
        }
        int rebased = state;
        if (shared.Length > 0)
        {
            _open.Clear();
            foreach ((int expression, int stack) in from.Ways)
            {
                int[] returns = ReturnsOf(stack);
                int cell = 0;
                for (int i = shared.Length; i < returns.Length; i++)
                {
                    cell = Cell(returns[i], cell);
                }
                _open.Add((expression, cell));
            }
            rebased = Close();
        }
        from.Rebased = (rebased, shared);
        return from.Rebased.Value;
    }

    /// <summary>
    /// The byte or token (256 + id) that begins a shortest way to the bottom, the least of equally good ones; -1 at the bottom.
    /// </summary>
    public int Nearest(int state)
    {
        GrammarState from = _states[state];
        if (from.Exits || from.Nearest >= 0)
        {
            return from.Exits ? -1 : from.Nearest;
        }
        for (int value = from.First.Next(0); value >= 0; value = from.First.Next(value + 1))
        {
            if (_states[StepOnce(state, (byte)value)].Shortest == from.Shortest - 1)
            {
                return from.Nearest = value;
            }
        }
        var tokens = new List<int>();
        FirstTokens(state, tokens);
        tokens.Sort();
        foreach (int token in tokens)
        {
            if (token >= 0 && _states[StepToken(state, token)].Shortest == from.Shortest - 1)
            {
                return from.Nearest = 256 + token;
            }
        }
        throw new RealmException(ErrorCode.Unsupported,
            "the shortest text of the grammar needs a token that is only said by what it is not");
    }

    /// <summary>Bytes that a state does not tell apart.</summary>
    public BytePartition PartitionOf(GrammarState state)
    {
        if (state.Partition < 0)
        {
            int partition = 0;
            foreach ((int expression, _) in state.Ways)
            {
                partition = _store.Meet(partition, _store.PartitionIndex(expression));
            }
            state.Partition = partition;
        }
        return _store.Partition(state.Partition);
    }

    /// <summary>If any plain text may follow, however long: so many bytes suffice behind it to reach the bottom; else -1.</summary>
    public int EndBehindAnyText(int state)
    {
        foreach ((int expression, int stack) in _states[state].Ways)
        {
            int end = _store.EndBehindAnyText(expression);
            if (end >= 0)
            {
                for (int cell = stack; cell != 0; cell = _cells[cell].Below)
                {
                    end = ExpressionStore.Together(end, _store.Shortest(_cells[cell].Return));
                }
                return end;
            }
        }
        return -1;
    }

    /// <summary>The row of a state; at first only that is known which bytes lead nowhere.</summary>
    public StateRow RowOf(GrammarState state) => state.Row ??= NewRow(state);

    private StateRow NewRow(GrammarState state)
    {
        BytePartition classes = PartitionOf(state);
        var behind = new int[classes.Representatives.Length];
        for (int i = 0; i < behind.Length; i++)
        {
            behind[i] = state.First.Contains(classes.Representatives[i]) ? StateRow.Unknown : Dead;
        }
        return new StateRow(state, classes.ClassOf, behind);
    }

    private int Derive(StateRow row, byte value)
    {
        _open.Clear();
        foreach ((int expression, int stack) in row.State.Ways)
        {
            AddLiving(_store.Derivative(expression, value), stack);
        }
        int next = Close();
        row.Set(value, next);
        return next;
    }

    private void AddLiving(int expression, int stack)
    {
        if (expression != ExpressionStore.Nothing && _store.Shortest(expression) < ExpressionStore.NoText)
        {
            _open.Add((expression, stack));
        }
    }

    /// <summary>The state of the open ways: calls are entered and ended rules left until only bytes lead on.</summary>
    private int Close(bool exits = false)
    {
        _seen.Clear();
        _kept.Clear();
        for (int i = 0; i < _open.Count; i++)
        {
            (int expression, int stack) = _open[i];
            if (_open.Count > 1 && !_seen.Add((expression, stack)))
            {
                continue;
            }
            if (_open.Count > GrammarLimits.Threads * 4)
            {
                throw new RealmException(ErrorCode.Limit,
                    $"the text can be read in more than {GrammarLimits.Threads} ways at once; make the grammar less ambiguous");
            }
            bool nullable = _store[expression].IsNullable;
            if (nullable && stack == 0)
            {
                exits = true;
            }
            else if (nullable)
            {
                _open.Add((_cells[stack].Return, _cells[stack].Below));
            }
            if (_store[expression].CallsFirst)
            {
                Enter(expression, stack);
            }
            if (!_store[expression].First.IsEmpty || _store[expression].TokensFirst)
            {
                _kept.Add((expression, stack));
            }
        }
        _open.Clear();
        if (_kept.Count > 1)
        {
            Merge();
        }
        return Intern(CollectionsMarshal.AsSpan(_kept), exits);
    }

    private void Enter(int expression, int stack)
    {
        foreach ((int rule, int rest) in _store.FirstCalls(expression))
        {
            int body = _bodyOf(rule);
            if (_store.Shortest(rest) < ExpressionStore.NoText && _store.Shortest(body) < ExpressionStore.NoText)
            {
                _open.Add((body, rest == ExpressionStore.Empty ? stack : Cell(rest, stack)));
            }
        }
    }

    /// <summary>Ways with the same stack become one.</summary>
    private void Merge()
    {
        _kept.Sort(static (x, y) => x.Stack != y.Stack ? x.Stack.CompareTo(y.Stack) : x.Expression.CompareTo(y.Expression));
        int end = 0;
        for (int i = 0; i < _kept.Count;)
        {
            int last = i + 1;
            while (last < _kept.Count && _kept[last].Stack == _kept[i].Stack)
            {
                last++;
            }
            int expression = _kept[i].Expression;
            if (last - i > 1)
            {
                var together = new int[last - i];
                for (int j = i; j < last; j++)
                {
                    together[j - i] = _kept[j].Expression;
                }
                expression = _store.Choice(together);
            }
            _kept[end++] = (expression, _kept[i].Stack);
            i = last;
        }
        _kept.RemoveRange(end, _kept.Count - end);
        if (end > GrammarLimits.Threads)
        {
            throw new RealmException(ErrorCode.Limit,
                $"the text can be read in more than {GrammarLimits.Threads} ways at once; make the grammar less ambiguous");
        }
    }

    private int Intern(ReadOnlySpan<(int Expression, int Stack)> ways, bool exits)
    {
        int hash = exits ? 1 : 0;
        foreach ((int expression, int stack) in ways)
        {
            hash = (hash ^ expression) * 0x2545F491 ^ stack * 0x1B873593;
        }
        if (!_statesByHash.TryGetValue(hash, out List<int>? same))
        {
            _statesByHash[hash] = same = new List<int>(1);
        }
        foreach (int known in same)
        {
            if (_states[known].Exits == exits && _states[known].Ways.AsSpan().SequenceEqual(ways))
            {
                return known;
            }
        }
        if (_states.Count == _most)
        {
            throw new RealmException(ErrorCode.Limit, $"the grammar needs more than {_most} states; make it simpler");
        }
        ByteSet first = default;
        bool takesTokens = false;
        int shortest = exits ? 0 : ExpressionStore.NoText;
        foreach ((int expression, int stack) in ways)
        {
            first |= _store[expression].First;
            takesTokens |= _store[expression].TokensFirst;
            int length = _store.Shortest(expression);
            for (int cell = stack; cell != 0; cell = _cells[cell].Below)
            {
                length = ExpressionStore.Together(length, _store.Shortest(_cells[cell].Return));
            }
            shortest = Math.Min(shortest, length);
        }
        _states.Add(new GrammarState
        {
            Number = _states.Count,
            Ways = ways.ToArray(),
            Exits = exits,
            First = first,
            TakesTokens = takesTokens,
            Shortest = shortest,
        });
        same.Add(_states.Count - 1);
        return _states.Count - 1;
    }

    private int Cell(int follow, int below)
    {
        var cell = new StackCell(follow, below);
        if (!_cellNumbers.TryGetValue(cell, out int number))
        {
            number = _cells.Count;
            _cells.Add(cell);
            _cellNumbers[cell] = number;
        }
        return number;
    }

    private int Append(int stack, int follow)
    {
        int[] returns = ReturnsOf(stack);
        int cell = Cell(follow, 0);
        foreach (int each in returns)
        {
            cell = Cell(each, cell);
        }
        return cell;
    }

    /// <summary>The returns of a stack, the lowest first.</summary>
    private int[] ReturnsOf(int stack)
    {
        int count = 0;
        for (int cell = stack; cell != 0; cell = _cells[cell].Below)
        {
            count++;
        }
        var returns = new int[count];
        for (int cell = stack; cell != 0; cell = _cells[cell].Below)
        {
            returns[--count] = _cells[cell].Return;
        }
        return returns;
    }

    /// <summary>The ways of a state with expressions and returns changed: the same state in another table.</summary>
    public int Translate(StateTable from, int state, Func<int, int> change)
    {
        _open.Clear();
        foreach ((int expression, int stack) in from[state].Ways)
        {
            int cell = 0;
            foreach (int each in from.ReturnsOf(stack))
            {
                cell = Cell(change(each), cell);
            }
            _open.Add((change(expression), cell));
        }
        return Close(from[state].Exits);
    }
}
