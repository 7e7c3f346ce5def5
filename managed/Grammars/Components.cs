namespace Realm.Grammars;

/// <summary>Strongly connected components of a graph (Tarjan 1972), without recursion.</summary>
internal static class Components
{
    /// <summary>The component of each vertex; those of a circle have the same.</summary>
    /// <param name="edges">The vertices that each leads to.</param>
    public static int[] Of(int[][] edges)
    {
        int count = edges.Length, clock = 0;
        var component = new int[count];
        var index = new int[count];
        var low = new int[count];
        var next = new int[count];
        Array.Fill(component, -1);
        var members = new Stack<int>();
        var way = new Stack<int>();
        for (int root = 0; root < count; root++)
        {
            if (index[root] != 0)
            {
                continue;
            }
            way.Push(root);
            while (way.TryPeek(out int vertex))
            {
                if (index[vertex] == 0)
                {
                    index[vertex] = low[vertex] = ++clock;
                    members.Push(vertex);
                }
                if (next[vertex] < edges[vertex].Length)
                {
                    int to = edges[vertex][next[vertex]++];
                    if (index[to] == 0)
                    {
                        way.Push(to);
                    }
                    else if (component[to] < 0)
                    {
                        low[vertex] = Math.Min(low[vertex], index[to]);
                    }
                    continue;
                }
                way.Pop();
                if (way.TryPeek(out int parent))
                {
                    low[parent] = Math.Min(low[parent], low[vertex]);
                }
                if (low[vertex] == index[vertex])
                {
                    int member;
                    do
                    {
                        member = members.Pop();
                        component[member] = vertex;
                    }
                    while (member != vertex);
                }
            }
        }
        return component;
    }
}
