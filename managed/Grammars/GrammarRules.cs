namespace Realm.Grammars;

/// <summary>
/// The rules of a grammar while it is made and afterwards: each an expression that may call rules. Rule 0 is what the whole text must be.
/// </summary>
internal sealed class GrammarRules
{
    private readonly List<int> _bodies = [];

    public GrammarRules(CompileBudget budget)
    {
        Budget = budget;
        Store = new ExpressionStore(budget);
    }

    public CompileBudget Budget { get; }

    public ExpressionStore Store { get; }

    public int Count => _bodies.Count;

    /// <summary>Remarks for the user on what was read: keywords that say nothing about the text, and the like.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>What can't be held was left out.</summary>
    public bool IsLoosened { get; set; }

    /// <summary>The rule whose shortest text is looked for.</summary>
    public int Searched { get; private set; }

    /// <summary>The expression of a rule.</summary>
    public int this[int rule]
    {
        get => _bodies[rule];
        set => _bodies[rule] = value;
    }

    /// <summary>A new rule; what it is may be said later.</summary>
    public int Add(int body = ExpressionStore.Nothing)
    {
        if (_bodies.Count == GrammarLimits.Rules)
        {
            throw new RealmException(ErrorCode.Limit, $"the grammar has more than {GrammarLimits.Rules} rules");
        }
        _bodies.Add(body);
        return _bodies.Count - 1;
    }

    /// <summary>
    /// Ends the making: rules that call themselves at their beginning are turned round, and the shortest text of each rule becomes known.
    /// </summary>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: no text at all is allowed; E_LIMIT.</exception>
    /// <param name="isPlain">Whether no rule may be empty or call itself at its beginning, which the caller knows.</param>
    public void Finish(bool isPlain = false)
    {
        if (!isPlain)
        {
            new NullableRepeats(this).Rewrite();
            new LeftRecursion(this).Remove();
        }
        if (Store.ShortestOfRules == null)
        {
            FindShortest();
        }
        if (Store.Shortest(this[0]) >= ExpressionStore.NoText)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the format allows no text at all");
        }
    }

    /// <summary>Whether a rule has any text. All rules must be there by now.</summary>
    public bool HasText(int rule)
    {
        FindShortest();
        return Store.Shortest(this[rule]) < ExpressionStore.NoText;
    }

    /// <summary>Whether each rule may be empty, calls of empty rules included.</summary>
    public bool[] FindNullable()
    {
        var nullable = new bool[Count];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int rule = 0; rule < Count; rule++)
            {
                if (!nullable[rule] && IsNullable(_bodies[rule], nullable))
                {
                    nullable[rule] = changed = true;
                }
            }
            Budget.Spend();
        }
        return nullable;
    }

    /// <summary>Whether an expression may be the empty text, given which rules may.</summary>
    public bool IsNullable(int expression, bool[] nullable)
    {
        ExpressionNode node = Store[expression];
        if (node.IsNullable || node.IsRegular)
        {
            return node.IsNullable;
        }
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RealmException(ErrorCode.Limit, "the grammar is nested too deeply; make it flatter");
        }
        Budget.Spend();
        switch (node.Kind)
        {
            case ExpressionKind.Call:
                // Rules made since the table was are never empty.
                return node.A < nullable.Length && nullable[node.A];
            case ExpressionKind.Repeat:
                return IsNullable(node.A, nullable);
            case ExpressionKind.Sequence:
                while (node.Kind == ExpressionKind.Sequence)
                {
                    if (!IsNullable(node.A, nullable))
                    {
                        return false;
                    }
                    expression = node.B;
                    node = Store[expression];
                }
                return IsNullable(expression, nullable);
            case ExpressionKind.Choice:
                foreach (int member in Store.Members(expression).ToArray())
                {
                    if (IsNullable(member, nullable))
                    {
                        return true;
                    }
                }
                return false;
            default:
                return false;
        }
    }

    /// <summary>
    /// Shortest texts of rules (Knuth 1977, by rounds): in each round every rule is looked at with the lengths of the last; a rule
    /// whose length does not fall any more is done. Called rules mostly come before their callers when rounds go backward.
    /// </summary>
    private void FindShortest()
    {
        var shortest = new int[Count];
        Array.Fill(shortest, ExpressionStore.NoText);
        // The lengths found while one rule is looked at, and for which look.
        var memo = new (int Look, int Length)[Store.Count];
        int look = 0;
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int rule = Count - 1; rule >= 0; rule--)
            {
                look++;
                Searched = rule;
                int length = Length(_bodies[rule], shortest, memo, look);
                if (length < shortest[rule])
                {
                    shortest[rule] = length;
                    changed = true;
                }
            }
        }
        Store.ShortestOfRules = shortest;
    }

    private int Length(int expression, int[] shortest, (int Look, int Length)[] memo, int look)
    {
        ExpressionNode node = Store[expression];
        if (node.IsRegular)
        {
            return Store.Shortest(expression);
        }
        if (memo[expression].Look == look)
        {
            return memo[expression].Length;
        }
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RealmException(ErrorCode.Limit, "the grammar is nested too deeply; make it flatter");
        }
        Budget.Spend();
        int length = node.IsNullable ? 0 : 1;
        switch (node.Kind)
        {
            case ExpressionKind.Call:
                length = shortest[node.A];
                break;
            case ExpressionKind.Repeat:
                length = node.B == 0 ? 0 : ExpressionStore.Times(Length(node.A, shortest, memo, look), node.B);
                break;
            case ExpressionKind.Sequence:
                length = 0;
                int part = expression;
                for (; Store[part].Kind == ExpressionKind.Sequence; part = Store[part].B)
                {
                    length = ExpressionStore.Together(length, Length(Store[part].A, shortest, memo, look));
                }
                length = ExpressionStore.Together(length, Length(part, shortest, memo, look));
                break;
            case ExpressionKind.Choice:
                length = ExpressionStore.NoText;
                foreach (int member in Store.Members(expression).ToArray())
                {
                    length = Math.Min(length, Length(member, shortest, memo, look));
                }
                break;
        }
        memo[expression] = (look, length);
        return length;
    }
}
