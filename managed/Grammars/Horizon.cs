namespace Realm.Grammars;

/// <summary>
/// What a token can't tell apart. A token of at most so many bytes can't reach the end of a repetition that may still be repeated so often:
/// for masks such a repetition is one without end. So a string of at most 100,000 characters has the states of any string, but for its
/// last ones.
/// </summary>
internal sealed class Horizon(ExpressionStore store, int bytes)
{
    /// <summary>The least distance of any horizon: counts up to this are never far.</summary>
    public const int Nearest = 16;

    private readonly Dictionary<int, int> _near = [];

    /// <summary>An expression without its far counts. Exact for as many bytes; the shortest text stays as long.</summary>
    public int Clamp(int expression)
    {
        ExpressionNode node = store[expression];
        if (!node.CountsFar)
        {
            return expression;
        }
        if (_near.TryGetValue(expression, out int known))
        {
            return known;
        }
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RealmException(ErrorCode.Limit, "the grammar is nested too deeply; make it flatter");
        }
        int near = expression;
        switch (node.Kind)
        {
            case ExpressionKind.Repeat:
                near = store.Repeat(Clamp(node.A), node.B, node.C >= bytes ? ExpressionStore.NoEnd : node.C);
                break;
            case ExpressionKind.Both:
                near = ClampBoth(expression);
                break;
            case ExpressionKind.Sequence:
                near = ClampSequence(expression);
                break;
            case ExpressionKind.Choice:
                int[] members = store.Members(expression).ToArray();
                for (int i = 0; i < members.Length; i++)
                {
                    members[i] = Clamp(members[i]);
                }
                near = store.Choice(members);
                break;
        }
        return _near[expression] = near;
    }

    private int ClampSequence(int expression)
    {
        var parts = new List<int>();
        for (; store[expression].Kind == ExpressionKind.Sequence; expression = store[expression].B)
        {
            parts.Add(Clamp(store[expression].A));
        }
        parts.Add(Clamp(expression));
        return store.Sequence(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
    }

    /// <summary>
    /// A pattern and a length: the length is no concern of a token if whatever the token begins can still be ended within it.
    /// </summary>
    private int ClampBoth(int expression)
    {
        int[] members = store.Members(expression).ToArray();
        if (members.Length != 2)
        {
            return expression;
        }
        int length = IsLength(members[0]) ? 0 : IsLength(members[1]) ? 1 : -1;
        if (length < 0)
        {
            return expression;
        }
        ExpressionNode counted = store[members[length]];
        int pattern = members[1 - length];
        if (counted.C < bytes + (long)store.LongestEnd(pattern))
        {
            return expression;
        }
        pattern = Clamp(pattern);
        return counted.B == 0 ? pattern : store.Both(pattern, store.Repeat(counted.A, counted.B, ExpressionStore.NoEnd));
    }

    private bool IsLength(int member)
    {
        ExpressionNode node = store[member];
        return node.Kind == ExpressionKind.Repeat && node.C != ExpressionStore.NoEnd && store.AnyCharacters.Contains(node.A);
    }
}
