namespace Realm.Grammars;

/// <summary>How many tokens one text has spent of each budget that a part of it has. Used under the grammar's lock.</summary>
internal sealed class TextBudgets
{
    private const int NotUnderWay = -1;

    private readonly Grammar _grammar;
    private readonly int[] _spent;

    public TextBudgets(Grammar grammar)
    {
        _grammar = grammar;
        _spent = new int[grammar.Budgets.Length];
        Array.Fill(_spent, NotUnderWay);
    }

    private TextBudgets(TextBudgets from)
    {
        _grammar = from._grammar;
        _spent = [.. from._spent];
    }

    /// <summary>The same, for another way on.</summary>
    public TextBudgets Copy() => _spent.Length == 0 ? this : new(this);

    /// <summary>Whether as much is spent.</summary>
    public bool Equals(TextBudgets other) => _spent.AsSpan().SequenceEqual(other._spent);

    /// <summary>Where the text stands behind a token, or at its beginning: parts whose budget is spent may only be ended there.</summary>
    public Position Spend(Position position)
    {
        if (_spent.Length == 0)
        {
            return position;
        }
        int[] open = _grammar.OpenTexts(position);
        for (int i = 0; i < _spent.Length; i++)
        {
            (int machine, int tokens) = _grammar.Budgets[i];
            // The token that leads into a part is not of it.
            _spent[i] = Array.IndexOf(open, machine) >= 0 ? _spent[i] + 1 : NotUnderWay;
            if (_spent[i] >= tokens && _grammar.CloseText(position, machine) is { State: not StateTable.Dead } closed)
            {
                position = closed;
                _spent[i] = NotUnderWay;
            }
        }
        return position;
    }
}
