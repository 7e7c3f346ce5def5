namespace Realm.Grammars;

/// <summary>
/// Turns rules round that call themselves at their beginning, directly or through others. With A = N | B X (B such a rule, X what
/// follows it), whatever the texts of A begin with is an N of some rule of the circle, and each turn of the circle adds an X behind: A
/// = N_B Tail(B, A) for any B, Tail(B, A) = X of a rule C that begins with B, then Tail(C, A), and Tail(A, A) may be empty.
/// </summary>
internal sealed class LeftRecursion(GrammarRules rules)
{
    private readonly ExpressionStore _store = rules.Store;

    /// <exception cref="RealmException">E_UNSUPPORTED: it does not end; E_LIMIT.</exception>
    public void Remove()
    {
        // Once, and once more for each circle that shows only when rules that may be empty are looked through.
        for (int round = 0; round < 4; round++)
        {
            bool[] nullable = rules.FindNullable();
            List<List<int>> circles = FindCircles(nullable);
            if (circles.Count == 0)
            {
                return;
            }
            foreach (List<int> circle in circles)
            {
                Turn(circle, nullable);
            }
        }
        throw new RealmException(ErrorCode.Unsupported,
            "rules begin with themselves behind rules that may be empty, in a way that can't be turned round");
    }

    /// <summary>Whether a rule calls itself before anything else: what llama.cpp refuses.</summary>
    public static bool IsIn(GrammarRules rules, out int where)
    {
        List<List<int>> circles = new LeftRecursion(rules).FindCircles(rules.FindNullable());
        where = circles.Count > 0 ? circles[0][0] : -1;
        return where >= 0;
    }

    private List<List<int>> FindCircles(bool[] nullable)
    {
        int[][] firsts = new int[rules.Count][];
        for (int rule = 0; rule < firsts.Length; rule++)
        {
            firsts[rule] = FirstRules(rules[rule], nullable);
        }
        int[] components = Components.Of(firsts);
        var members = new Dictionary<int, List<int>>();
        for (int rule = 0; rule < firsts.Length; rule++)
        {
            if (!members.TryGetValue(components[rule], out List<int>? circle))
            {
                members[components[rule]] = circle = [];
            }
            circle.Add(rule);
        }
        var circles = new List<List<int>>();
        foreach (List<int> circle in members.Values)
        {
            if (circle.Count > 1 || Array.IndexOf(firsts[circle[0]], circle[0]) >= 0)
            {
                circles.Add(circle);
            }
        }
        return circles;
    }

    /// <summary>The rules that may be called before anything of an expression's text, behind rules that were empty included.</summary>
    private int[] FirstRules(int expression, bool[] nullable)
    {
        var found = new HashSet<int>();
        var seen = new HashSet<int>();
        var open = new Stack<int>();
        open.Push(expression);
        while (open.TryPop(out int part))
        {
            ExpressionNode node = _store[part];
            if (node.IsRegular || !seen.Add(part))
            {
                continue;
            }
            rules.Budget.Spend();
            switch (node.Kind)
            {
                case ExpressionKind.Call:
                    found.Add(node.A);
                    break;
                case ExpressionKind.Repeat:
                    open.Push(node.A);
                    break;
                case ExpressionKind.Choice:
                    foreach (int member in _store.Members(part))
                    {
                        open.Push(member);
                    }
                    break;
                case ExpressionKind.Sequence:
                    open.Push(node.A);
                    if (rules.IsNullable(node.A, nullable))
                    {
                        open.Push(node.B);
                    }
                    break;
            }
        }
        return [.. found];
    }

    private void Turn(List<int> circle, bool[] nullable)
    {
        if (circle.Count > 64)
        {
            throw new RealmException(ErrorCode.Limit, $"{circle.Count} rules begin with one another in a circle; at most 64 may");
        }
        int count = circle.Count;
        var starts = new int[count];
        var rests = new int[count, count];
        for (int i = 0; i < count; i++)
        {
            starts[i] = ExpressionStore.Nothing;
            Split(rules[circle[i]], ExpressionStore.Empty, circle, nullable, ref starts[i], rests, i);
        }
        bool[,] names = NamesOf(rests, nullable, count);
        var notEmpty = new NullableRepeats(rules);
        var tails = new int[count, count];
        for (int from = 0; from < count; from++)
        {
            for (int to = 0; to < count; to++)
            {
                tails[from, to] = rules.Add();
            }
        }
        for (int to = 0; to < count; to++)
        {
            int body = ExpressionStore.Nothing;
            for (int from = 0; from < count; from++)
            {
                int tail = names[from, to] ? ExpressionStore.Empty : ExpressionStore.Nothing;
                for (int by = 0; by < count; by++)
                {
                    for (int name = 0; name < count; name++)
                    {
                        if (names[from, name])
                        {
                            tail = _store.Choice(tail, _store.Sequence(notEmpty.NotEmpty(rests[by, name]), _store.Call(tails[by, to])));
                        }
                    }
                }
                rules[tails[from, to]] = tail;
                body = _store.Choice(body, _store.Sequence(starts[from], _store.Call(tails[from, to])));
            }
            rules[circle[to]] = body;
        }
    }

    /// <summary>
    /// (from, to): whether what is read as one rule of the circle is by that alone another, by rules that are just others.
    /// </summary>
    private bool[,] NamesOf(int[,] rests, bool[] nullable, int count)
    {
        var names = new bool[count, count];
        for (int from = 0; from < count; from++)
        {
            for (int to = 0; to < count; to++)
            {
                names[from, to] = from == to || rules.IsNullable(rests[to, from], nullable);
            }
        }
        for (int by = 0; by < count; by++)
        {
            for (int from = 0; from < count; from++)
            {
                for (int to = 0; to < count; to++)
                {
                    names[from, to] |= names[from, by] && names[by, to];
                }
            }
        }
        return names;
    }

    /// <summary>
    /// Takes an expression apart into what begins with a rule of the circle (what follows it is added to its rest) and all else.
    /// </summary>
    private void Split(int expression, int behind, List<int> circle, bool[] nullable, ref int start, int[,] rests, int row)
    {
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RealmException(ErrorCode.Limit, "the grammar is nested too deeply; make it flatter");
        }
        rules.Budget.Spend();
        ExpressionNode node = _store[expression];
        bool concerns = false;
        foreach (int rule in node.IsRegular ? [] : FirstRules(expression, nullable))
        {
            concerns |= circle.Contains(rule);
        }
        if (!concerns)
        {
            start = _store.Choice(start, _store.Sequence(expression, behind));
            return;
        }
        switch (node.Kind)
        {
            case ExpressionKind.Call:
                int column = circle.IndexOf(node.A);
                rests[row, column] = _store.Choice(rests[row, column], behind);
                break;
            case ExpressionKind.Choice:
                foreach (int member in _store.Members(expression).ToArray())
                {
                    Split(member, behind, circle, nullable, ref start, rests, row);
                }
                break;
            case ExpressionKind.Repeat:
                if (node.B == 0)
                {
                    start = _store.Choice(start, behind);
                }
                int rest = _store.Repeat(node.A, Math.Max(node.B - 1, 0), node.C == ExpressionStore.NoEnd ? node.C : node.C - 1);
                Split(node.A, _store.Sequence(rest, behind), circle, nullable, ref start, rests, row);
                break;
            case ExpressionKind.Sequence:
                int tail = _store.Sequence(node.B, behind);
                if (rules.IsNullable(node.A, nullable))
                {
                    // What is empty at the beginning is left out, so that the next is seen; the other way it is not empty.
                    Split(tail, ExpressionStore.Empty, circle, nullable, ref start, rests, row);
                    Split(new NullableRepeats(rules).NotEmpty(node.A), tail, circle, nullable, ref start, rests, row);
                }
                else
                {
                    Split(node.A, tail, circle, nullable, ref start, rests, row);
                }
                break;
        }
    }
}
