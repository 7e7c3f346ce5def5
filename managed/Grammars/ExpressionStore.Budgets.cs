namespace Realm.Grammars;

/// <summary>Texts that may have so many tokens: which are under way, and what is left of them when these are spent.</summary>
internal sealed partial class ExpressionStore
{
    /// <summary>The machines with a budget.</summary>
    public List<int> Budgeted { get; } = [];

    /// <summary>Tokens that a machine's text may have.</summary>
    public int BudgetOf(int machine) => _machines[machine].Budget ?? NoEnd;

    /// <summary>Adds the machines with a budget whose text an expression begins with, or goes on with.</summary>
    public void OpenTexts(int expression, List<int> machines)
    {
        EnsureStack();
        ExpressionNode node = _nodes[expression];
        switch (node.Kind)
        {
            case ExpressionKind.Machine:
                if (IsOpen(node) && !machines.Contains(node.A))
                {
                    machines.Add(node.A);
                }
                break;
            case ExpressionKind.Repeat:
                OpenTexts(node.A, machines);
                break;
            case ExpressionKind.Sequence:
                OpenTexts(node.A, machines);
                // Behind a text that has its own budget the next has not begun.
                if (_nodes[node.A].IsNullable && !IsOpen(_nodes[node.A]))
                {
                    OpenTexts(node.B, machines);
                }
                break;
            case ExpressionKind.Choice:
                foreach (int member in Members(expression).ToArray())
                {
                    OpenTexts(member, machines);
                }
                break;
        }
    }

    /// <summary>An expression in which the text of a machine that is under way may only be ended.</summary>
    public int Close(int expression, int machine)
    {
        EnsureStack();
        ExpressionNode node = _nodes[expression];
        switch (node.Kind)
        {
            case ExpressionKind.Machine when node.A == machine:
                return Machine(machine, _machines[machine].Closing(node.B));
            case ExpressionKind.Sequence:
                int head = Close(node.A, machine);
                return Sequence(head, _nodes[node.A].IsNullable && head == node.A ? Close(node.B, machine) : node.B);
            case ExpressionKind.Choice:
                int[] members = Members(expression).ToArray();
                for (int i = 0; i < members.Length; i++)
                {
                    members[i] = Close(members[i], machine);
                }
                return Choice(members);
            default:
                return expression;
        }
    }

    private bool IsOpen(in ExpressionNode node)
    {
        return node.Kind == ExpressionKind.Machine && _machines[node.A].Budget != null && _machines[node.A].Closing(node.B) != node.B;
    }
}
