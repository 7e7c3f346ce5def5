namespace Realm.Grammars;

/// <summary>
/// Repetitions of what may be empty through a rule. Each round of such a repetition can be left out, so it is the same as at most as
/// many rounds that are not empty; said so, no round can turn in place.
/// </summary>
internal sealed class NullableRepeats(GrammarRules rules)
{
    private readonly ExpressionStore _store = rules.Store;
    private readonly Dictionary<int, int> _rewritten = [];
    private readonly Dictionary<int, int> _notEmpty = [];
    private readonly Dictionary<int, int> _notEmptyRules = [];
    private readonly bool[] _nullable = rules.FindNullable();

    public void Rewrite()
    {
        if (Array.IndexOf(_nullable, true) < 0)
        {
            return;
        }
        for (int rule = 0; rule < _nullable.Length; rule++)
        {
            rules[rule] = Rewrite(rules[rule]);
        }
    }

    /// <summary>The texts of an expression but for the empty one.</summary>
    public int NotEmpty(int expression)
    {
        ExpressionNode node = _store[expression];
        if (!IsNullable(expression))
        {
            return expression;
        }
        if (_notEmpty.TryGetValue(expression, out int known))
        {
            return known;
        }
        EnsureStack();
        int result = ExpressionStore.Nothing;
        switch (node.Kind)
        {
            case ExpressionKind.Call:
                result = _store.Call(NotEmptyRule(node.A));
                break;
            case ExpressionKind.Repeat:
                int rest = _store.Repeat(node.A, 0, node.C == ExpressionStore.NoEnd ? node.C : node.C - 1);
                result = _store.Sequence(NotEmpty(node.A), rest);
                break;
            case ExpressionKind.Sequence:
                result = _store.Choice(_store.Sequence(NotEmpty(node.A), node.B), NotEmpty(node.B));
                break;
            case ExpressionKind.Choice:
                int[] members = _store.Members(expression).ToArray();
                for (int i = 0; i < members.Length; i++)
                {
                    members[i] = NotEmpty(members[i]);
                }
                result = _store.Choice(members);
                break;
            case ExpressionKind.Empty:
                break;
            default:
                result = _store.Both(expression, _store.Sequence(_store.Bytes(ByteSet.All), _store.All));
                break;
        }
        return _notEmpty[expression] = result;
    }

    private bool IsNullable(int expression) => rules.IsNullable(expression, _nullable);

    private int NotEmptyRule(int rule)
    {
        if (!_notEmptyRules.TryGetValue(rule, out int made))
        {
            made = rules.Add();
            _notEmptyRules[rule] = made;
            // Rules made here are never asked for again as nullable: they are beyond the table, and are not.
            rules[made] = NotEmpty(rules[rule]);
        }
        return made;
    }

    private int Rewrite(int expression)
    {
        ExpressionNode node = _store[expression];
        if (node.IsRegular || node.Kind is ExpressionKind.Call or ExpressionKind.Token)
        {
            return expression;
        }
        if (_rewritten.TryGetValue(expression, out int known))
        {
            return known;
        }
        EnsureStack();
        int result = expression;
        switch (node.Kind)
        {
            case ExpressionKind.Repeat:
                int body = Rewrite(node.A);
                result = IsNullable(body) && !_store[body].IsRegular
                    ? _store.Repeat(NotEmpty(body), 0, node.C)
                    : _store.Repeat(body, node.B, node.C);
                break;
            case ExpressionKind.Sequence:
                var parts = new List<int>();
                for (; _store[expression].Kind == ExpressionKind.Sequence; expression = _store[expression].B)
                {
                    parts.Add(Rewrite(_store[expression].A));
                }
                parts.Add(Rewrite(expression));
                expression = result;
                result = _store.Sequence(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
                break;
            case ExpressionKind.Choice:
                int[] members = _store.Members(expression).ToArray();
                for (int i = 0; i < members.Length; i++)
                {
                    members[i] = Rewrite(members[i]);
                }
                result = _store.Choice(members);
                break;
        }
        return _rewritten[expression] = result;
    }

    private static void EnsureStack()
    {
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RealmException(ErrorCode.Limit, "the grammar is nested too deeply; make it flatter");
        }
    }
}
