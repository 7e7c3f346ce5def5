namespace Realm.Grammars;

/// <summary>What is known of an expression: bytes that it does not tell apart, and the length of its shortest text.</summary>
internal sealed partial class ExpressionStore
{
    private readonly List<BytePartition> _partitions = [BytePartition.One];
    private readonly Dictionary<int, List<int>> _partitionsByHash = [];
    private readonly Dictionary<long, int> _meets = [];

    private readonly Dictionary<int, int> _longestEnds = [];

    /// <summary>(rules): the shortest text of each, in bytes; null until they are known, when calls count as texts of no length.</summary>
    public int[]? ShortestOfRules { get; set; }

    public BytePartition PartitionOf(int expression) => _partitions[PartitionIndex(expression)];

    public int PartitionIndex(int expression)
    {
        ref readonly ExpressionNode known = ref _nodes[expression];
        if (known.Partition >= 0)
        {
            return known.Partition;
        }
        EnsureStack();
        ExpressionNode node = known;
        int partition = 0;
        switch (node.Kind)
        {
            case ExpressionKind.Bytes:
            case ExpressionKind.Literal:
                partition = InternPartition(BytePartition.Of(node.First));
                break;
            case ExpressionKind.Machine:
                partition = InternPartition(_machines[node.A].Partition);
                break;
            case ExpressionKind.Repeat:
            case ExpressionKind.Not:
                partition = PartitionIndex(node.A);
                break;
            case ExpressionKind.Sequence:
                partition = PartitionIndex(node.A);
                if (_nodes[node.A].IsNullable)
                {
                    partition = Meet(partition, PartitionIndex(node.B));
                }
                break;
            case ExpressionKind.Choice:
            case ExpressionKind.Both:
                for (int i = 0; i < node.B; i++)
                {
                    partition = Meet(partition, PartitionIndex(_lists[node.A + i]));
                }
                break;
        }
        _nodes[expression].Partition = partition;
        return partition;
    }

    public BytePartition Partition(int index) => _partitions[index];

    public int Meet(int x, int y)
    {
        if (x == y || y == 0)
        {
            return x;
        }
        if (x == 0)
        {
            return y;
        }
        long key = (long)Math.Min(x, y) << 32 | (uint)Math.Max(x, y);
        if (!_meets.TryGetValue(key, out int meet))
        {
            meet = InternPartition(BytePartition.Meet(_partitions[x], _partitions[y]));
            _meets[key] = meet;
        }
        return meet;
    }

    /// <summary>Bytes of the shortest text of an expression; <see cref="NoText"/> where it has none.</summary>
    public int Shortest(int expression)
    {
        int known = _nodes[expression].Shortest;
        if (known >= 0)
        {
            return known;
        }
        EnsureStack();
        ExpressionNode node = _nodes[expression];
        int shortest = NoText;
        switch (node.Kind)
        {
            case ExpressionKind.Bytes:
            case ExpressionKind.Token:
                shortest = 1;
                break;
            case ExpressionKind.Literal:
                shortest = node.B - node.A;
                break;
            case ExpressionKind.Call:
                shortest = ShortestOfRules?[node.A] ?? 0;
                break;
            case ExpressionKind.Repeat:
                shortest = Times(Shortest(node.A), node.B);
                break;
            case ExpressionKind.Sequence:
                shortest = 0;
                int part = expression;
                for (; _nodes[part].Kind == ExpressionKind.Sequence; part = _nodes[part].B)
                {
                    shortest = Together(shortest, Shortest(_nodes[part].A));
                }
                shortest = Together(shortest, Shortest(part));
                break;
            case ExpressionKind.Choice:
                for (int i = 0; i < node.B; i++)
                {
                    shortest = Math.Min(shortest, Shortest(_lists[node.A + i]));
                }
                break;
            case ExpressionKind.Machine when _machines[node.A].Shortest(node.B) is >= 0 and int told:
                shortest = told;
                break;
            case ExpressionKind.Both:
            case ExpressionKind.Not:
            case ExpressionKind.Machine:
                shortest = Search(expression);
                break;
        }
        if (node.IsRegular || ShortestOfRules != null)
        {
            _nodes[expression].Shortest = shortest;
        }
        return shortest;
    }

    /// <summary>
    /// Whether any plain text may follow between two characters, however long: then so many bytes suffice behind it, else -1.
    /// </summary>
    public int EndBehindAnyText(int expression)
    {
        EnsureStack();
        ExpressionNode node = _nodes[expression];
        switch (node.Kind)
        {
            case ExpressionKind.Repeat:
                return node.C == NoEnd && node.B == 0 && AnyCharacters.Contains(node.A) ? 0 : -1;
            case ExpressionKind.Machine:
                return _machines[node.A].TakesAnyText && _machines[node.A].Shortest(node.B) >= 0 ? 1 : -1;
            case ExpressionKind.Sequence:
                int head = EndBehindAnyText(node.A);
                return head < 0 ? -1 : (int)Math.Min((long)head + Shortest(node.B), NoText);
            case ExpressionKind.Choice:
                for (int i = 0; i < node.B; i++)
                {
                    if (EndBehindAnyText(_lists[node.A + i]) is >= 0 and int end)
                    {
                        return end;
                    }
                }
                return -1;
            default:
                return -1;
        }
    }

    /// <summary>
    /// Wherever a text of an expression is broken off, so many bytes suffice to end it; <see cref="NoText"/> where that is not clear.
    /// </summary>
    public int LongestEnd(int expression)
    {
        if (_longestEnds.TryGetValue(expression, out int known))
        {
            return known;
        }
        EnsureStack();
        ExpressionNode node = _nodes[expression];
        long longest = NoText;
        switch (node.Kind)
        {
            case ExpressionKind.Nothing or ExpressionKind.Empty:
                longest = 0;
                break;
            case ExpressionKind.Bytes:
                longest = 1;
                break;
            case ExpressionKind.Literal:
                longest = node.B - node.A;
                break;
            case ExpressionKind.Repeat:
                longest = LongestEnd(node.A) + (long)node.B * Shortest(node.A);
                break;
            case ExpressionKind.Sequence:
                longest = Math.Max((long)LongestEnd(node.A) + Shortest(node.B), LongestEnd(node.B));
                break;
            case ExpressionKind.Choice:
                longest = 0;
                for (int i = 0; i < node.B; i++)
                {
                    longest = Math.Max(longest, LongestEnd(_lists[node.A + i]));
                }
                break;
        }
        return _longestEnds[expression] = (int)Math.Min(longest, NoText);
    }

    /// <summary>
    /// The shortest text of an intersection or a complement, searched for among its derivatives (A*). At least the longest of its
    /// parts' shortest texts is needed, which keeps the search near the way.
    /// </summary>
    private int Search(int expression)
    {
        var from = new Dictionary<int, (int State, int Depth)> { [expression] = (-1, 0) };
        var queue = new PriorityQueue<int, int>();
        queue.Enqueue(expression, LowerBound(expression));
        int best = NoText, end = -1;
        while (queue.TryDequeue(out int state, out int bound) && bound < best)
        {
            int depth = from[state].Depth + 1;
            foreach (byte value in PartitionOf(state).Representatives)
            {
                int next = Derivative(state, value);
                if (next == Nothing || from.TryGetValue(next, out (int, int Depth) seen) && seen.Depth <= depth)
                {
                    continue;
                }
                bool isSearched = _nodes[next].Kind is ExpressionKind.Both or ExpressionKind.Not || !IsTold(next);
                int known = isSearched ? _nodes[next].Shortest : Shortest(next);
                if (known == NoText)
                {
                    continue;
                }
                from[next] = (state, depth);
                if (known < 0)
                {
                    queue.Enqueue(next, depth + LowerBound(next));
                }
                else if (Together(depth, known) < best)
                {
                    best = Together(depth, known);
                    end = next;
                }
            }
            _budget.Spend();
            if (from.Count > GrammarLimits.SearchedStates)
            {
                throw new RealmException(ErrorCode.Limit,
                    $"whether patterns and lengths can be met together needs more than {GrammarLimits.SearchedStates} states;"
                    + " make them simpler");
            }
        }
        if (end < 0)
        {
            foreach (int state in from.Keys)
            {
                _nodes[state].Shortest = NoText;
            }
        }
        for (int state = end; state >= 0; state = from[state].State)
        {
            if (_nodes[state].Shortest < 0)
            {
                _nodes[state].Shortest = best - from[state].Depth;
            }
        }
        return best;
    }

    /// <summary>Whether the shortest text is known without a search, where it is a machine's.</summary>
    private bool IsTold(int expression)
    {
        ref readonly ExpressionNode node = ref _nodes[expression];
        return node.Kind != ExpressionKind.Machine || node.Shortest >= 0 || _machines[node.A].Shortest(node.B) >= 0;
    }

    /// <summary>No text of an expression is shorter than this; never more than one below that of a derivative.</summary>
    private int LowerBound(int expression)
    {
        ExpressionNode node = _nodes[expression];
        int bound = node.IsNullable ? 0 : 1;
        for (int i = 0; node.Kind == ExpressionKind.Both && i < node.B; i++)
        {
            int member = _lists[node.A + i];
            if (_nodes[member].Kind is not (ExpressionKind.Not or ExpressionKind.Both))
            {
                bound = Math.Max(bound, Shortest(member));
            }
        }
        return bound;
    }

    private int InternPartition(BytePartition partition)
    {
        if (partition.Representatives.Length == 1)
        {
            return 0;
        }
        var hash = new HashCode();
        hash.AddBytes(partition.ClassOf);
        int key = hash.ToHashCode();
        if (!_partitionsByHash.TryGetValue(key, out List<int>? same))
        {
            _partitionsByHash[key] = same = [];
        }
        foreach (int index in same)
        {
            if (_partitions[index].ClassOf.AsSpan().SequenceEqual(partition.ClassOf))
            {
                return index;
            }
        }
        _partitions.Add(partition);
        same.Add(_partitions.Count - 1);
        return _partitions.Count - 1;
    }

    private byte RepresentativeOf(int expression, byte value)
    {
        BytePartition partition = PartitionOf(expression);
        return partition.Representatives[partition.ClassOf[value]];
    }
}
