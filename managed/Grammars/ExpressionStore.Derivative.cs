using System.Runtime.CompilerServices;

namespace Realm.Grammars;

/// <summary>What is left of an expression behind a byte, a token or the beginning of a call.</summary>
internal sealed partial class ExpressionStore
{
    private readonly Dictionary<long, int> _derivatives = [];
    private readonly Dictionary<int, (int Rule, int Follow)[]> _calls = [];

    /// <summary>What must follow a byte, so that both together are a text of the expression. Calls are left aside.</summary>
    public int Derivative(int expression, byte value)
    {
        ref readonly ExpressionNode node = ref _nodes[expression];
        if (!node.First.Contains(value))
        {
            return Nothing;
        }
        switch (node.Kind)
        {
            case ExpressionKind.Bytes:
                return Empty;
            case ExpressionKind.Literal:
                return LiteralAt(node.A + 1, node.B);
            case ExpressionKind.Machine:
                return Machine(node.A, _machines[node.A].Next(node.B, value));
            case ExpressionKind.Repeat:
                EnsureStack();
                int rest = Repeat(node.A, Math.Max(node.B - 1, 0), node.C == NoEnd ? NoEnd : node.C - 1);
                return Sequence(Derivative(_nodes[expression].A, value), rest);
            // What a sequence begins with is no sequence, so its own stack need not be looked at.
            case ExpressionKind.Sequence when !node.IsNullable && !_nodes[node.A].IsNullable:
                return Sequence(Derivative(node.A, value), _nodes[expression].B);
            case ExpressionKind.Sequence:
            case ExpressionKind.Choice:
            case ExpressionKind.Both:
            case ExpressionKind.Not:
                byte representative = RepresentativeOf(expression, value);
                long key = (long)expression << 8 | representative;
                if (!_derivatives.TryGetValue(key, out int known))
                {
                    EnsureStack();
                    _budget.Spend();
                    known = Combined(expression, representative);
                    _derivatives[key] = known;
                }
                return known;
            default:
                return Nothing;
        }
    }

    /// <summary>What must follow a token.</summary>
    public int TokenDerivative(int expression, int token)
    {
        ExpressionNode node = _nodes[expression];
        if (!node.TokensFirst)
        {
            return Nothing;
        }
        EnsureStack();
        switch (node.Kind)
        {
            case ExpressionKind.Token:
                return node.A == token != (node.B == 1) ? Empty : Nothing;
            case ExpressionKind.Repeat:
                int rest = Repeat(node.A, Math.Max(node.B - 1, 0), node.C == NoEnd ? NoEnd : node.C - 1);
                return Sequence(TokenDerivative(node.A, token), rest);
            case ExpressionKind.Sequence:
                int headed = Sequence(TokenDerivative(node.A, token), node.B);
                return _nodes[node.A].IsNullable ? Choice(headed, TokenDerivative(node.B, token)) : headed;
            case ExpressionKind.Choice:
                int all = Nothing;
                for (int i = 0; i < node.B; i++)
                {
                    all = Choice(all, TokenDerivative(_lists[node.A + i], token));
                }
                return all;
            default:
                return Nothing;
        }
    }

    /// <summary>Adds the tokens (id, or -1 - id for any other) that may stand at the beginning of an expression.</summary>
    public void FirstTokens(int expression, List<int> tokens)
    {
        ExpressionNode node = _nodes[expression];
        if (!node.TokensFirst)
        {
            return;
        }
        EnsureStack();
        switch (node.Kind)
        {
            case ExpressionKind.Token:
                tokens.Add(node.B == 1 ? -1 - node.A : node.A);
                break;
            case ExpressionKind.Repeat:
                FirstTokens(node.A, tokens);
                break;
            case ExpressionKind.Sequence:
                FirstTokens(node.A, tokens);
                if (_nodes[node.A].IsNullable)
                {
                    FirstTokens(node.B, tokens);
                }
                break;
            case ExpressionKind.Choice:
                for (int i = 0; i < node.B; i++)
                {
                    FirstTokens(_lists[node.A + i], tokens);
                }
                break;
        }
    }

    /// <summary>The rules that an expression may begin with, and what follows each.</summary>
    public (int Rule, int Follow)[] FirstCalls(int expression)
    {
        if (!_nodes[expression].CallsFirst)
        {
            return [];
        }
        if (_calls.TryGetValue(expression, out (int, int)[]? known))
        {
            return known;
        }
        EnsureStack();
        ExpressionNode node = _nodes[expression];
        var calls = new List<(int Rule, int Follow)>();
        switch (node.Kind)
        {
            case ExpressionKind.Call:
                calls.Add((node.A, Empty));
                break;
            case ExpressionKind.Repeat:
                int rest = Repeat(node.A, Math.Max(node.B - 1, 0), node.C == NoEnd ? NoEnd : node.C - 1);
                AddCalls(node.A, rest, calls);
                break;
            case ExpressionKind.Sequence:
                AddCalls(node.A, node.B, calls);
                if (_nodes[node.A].IsNullable)
                {
                    AddCalls(node.B, Empty, calls);
                }
                break;
            case ExpressionKind.Choice:
                for (int i = 0; i < node.B; i++)
                {
                    AddCalls(_lists[node.A + i], Empty, calls);
                }
                break;
        }
        return _calls[expression] = [.. calls];
    }

    private void AddCalls(int expression, int rest, List<(int Rule, int Follow)> calls)
    {
        foreach ((int rule, int inner) in FirstCalls(expression))
        {
            (int, int) call = (rule, Sequence(inner, rest));
            if (!calls.Contains(call))
            {
                calls.Add(call);
            }
        }
    }

    private int Combined(int expression, byte value)
    {
        ExpressionNode node = _nodes[expression];
        switch (node.Kind)
        {
            case ExpressionKind.Sequence:
                int headed = Sequence(Derivative(node.A, value), node.B);
                return _nodes[node.A].IsNullable ? Choice(headed, Derivative(node.B, value)) : headed;
            case ExpressionKind.Not:
                return Not(Derivative(node.A, value));
            default:
                int start = _derived.Count;
                for (int i = 0; i < node.B; i++)
                {
                    int part = Derivative(_lists[node.A + i], value);
                    _derived.Add(part);
                    if (part == Nothing && node.Kind == ExpressionKind.Both)
                    {
                        _derived.RemoveRange(start, _derived.Count - start);
                        return Nothing;
                    }
                }
                int[] parts = [.. System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_derived)[start..]];
                _derived.RemoveRange(start, _derived.Count - start);
                return node.Kind == ExpressionKind.Both ? Both(parts) : Choice(parts);
        }
    }

    private readonly List<int> _derived = [];

    /// <summary>Deeply nested expressions end in an error, not in the end of the process.</summary>
    private static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RealmException(ErrorCode.Limit, "the grammar is nested too deeply; make it flatter");
        }
    }
}
