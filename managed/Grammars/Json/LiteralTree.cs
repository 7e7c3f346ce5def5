namespace Realm.Grammars.Json;

/// <summary>Many given texts as one expression, by their common beginnings: a step looks only at what differs next.</summary>
internal static class LiteralTree
{
    /// <param name="store">Where it is made.</param>
    /// <param name="sorted">The texts in the order of their bytes.</param>
    /// <param name="budget">What it may take.</param>
    public static int Of(ExpressionStore store, List<byte[]> sorted, CompileBudget budget) => Of(store, sorted, 0, sorted.Count, 0, budget);

    private static int Of(ExpressionStore store, List<byte[]> sorted, int first, int end, int depth, CompileBudget budget)
    {
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RealmException(ErrorCode.Limit, "the values of an enum have too much in common");
        }
        budget.Spend();
        int shared = sorted[first].AsSpan(depth).CommonPrefixLength(sorted[end - 1].AsSpan(depth));
        int beginning = store.Literal(sorted[first].AsSpan(depth, shared));
        depth += shared;
        var ways = new List<int>();
        if (sorted[first].Length == depth)
        {
            ways.Add(ExpressionStore.Empty);
            while (first < end && sorted[first].Length == depth)
            {
                first++;
            }
        }
        while (first < end)
        {
            int last = first + 1;
            while (last < end && sorted[last][depth] == sorted[first][depth])
            {
                last++;
            }
            ways.Add(Of(store, sorted, first, last, depth, budget));
            first = last;
        }
        return store.Sequence(beginning, store.Choice([.. ways]));
    }
}
