namespace Realm.Grammars;

/// <summary>Unions and intersections.</summary>
internal sealed partial class ExpressionStore
{
    /// <summary>
    /// A choice inside a choice becomes part of it only up to this size: long chains of optional parts would grow with the square.
    /// </summary>
    private const int MostToMerge = 64;

    /// <summary>Members being collected, of all calls at work: each has its own end of the list.</summary>
    private readonly List<int> _members = [];

    /// <summary>A text of any of them.</summary>
    public int Choice(params ReadOnlySpan<int> alternatives)
    {
        _budget.Spend();
        int start = _members.Count;
        ByteSet bytes = default;
        bool hasAll = false;
        foreach (int alternative in alternatives)
        {
            ref readonly ExpressionNode node = ref _nodes[alternative];
            if (node.Kind == ExpressionKind.Choice && node.B <= MostToMerge)
            {
                foreach (int member in Members(alternative))
                {
                    AddAlternative(member, ref bytes, ref hasAll);
                }
            }
            else
            {
                AddAlternative(alternative, ref bytes, ref hasAll);
            }
        }
        if (hasAll)
        {
            _members.RemoveRange(start, _members.Count - start);
            return All;
        }
        if (!bytes.IsEmpty)
        {
            _members.Add(Bytes(bytes));
        }
        JoinHeads(start);
        Normalize(start);
        return Take(ExpressionKind.Choice, start, Nothing);
    }

    /// <summary>A text of each of them; all must be regular.</summary>
    public int Both(params ReadOnlySpan<int> parts)
    {
        int start = _members.Count;
        bool hasBytes = false;
        ByteSet bytes = ByteSet.All;
        foreach (int part in parts)
        {
            if (!_nodes[part].IsRegular)
            {
                throw new RealmException(ErrorCode.Internal, "the intersection of expressions that call rules was asked for");
            }
            if (_nodes[part].Kind == ExpressionKind.Both)
            {
                _members.AddRange(Members(part));
            }
            else if (_nodes[part].Kind == ExpressionKind.Bytes)
            {
                bytes &= _nodes[part].First;
                hasBytes = true;
            }
            else if (part != All)
            {
                _members.Add(part);
            }
        }
        if (hasBytes)
        {
            _members.Add(Bytes(bytes));
        }
        Normalize(start);
        int result = -1;
        bool nullable = true;
        for (int i = start; i < _members.Count; i++)
        {
            ref readonly ExpressionNode node = ref _nodes[_members[i]];
            nullable &= node.IsNullable;
            if (_members[i] == Nothing || node.Kind == ExpressionKind.Not && _members.IndexOf(node.A, start) >= 0)
            {
                result = Nothing;
            }
        }
        if (result < 0 && _members.IndexOf(Empty, start) >= 0)
        {
            result = nullable ? Empty : Nothing;
        }
        if (result >= 0)
        {
            _members.RemoveRange(start, _members.Count - start);
            return result;
        }
        return Take(ExpressionKind.Both, start, All);
    }

    private void AddAlternative(int alternative, ref ByteSet bytes, ref bool hasAll)
    {
        if (alternative == All)
        {
            hasAll = true;
        }
        else if (_nodes[alternative].Kind == ExpressionKind.Bytes)
        {
            bytes |= _nodes[alternative].First;
        }
        else if (alternative != Nothing)
        {
            _members.Add(alternative);
        }
    }

    /// <summary>Sequences with the same head become one: a rule that both begin with is then entered once.</summary>
    private void JoinHeads(int start)
    {
        for (int i = start; i < _members.Count; i++)
        {
            int head = HeadOf(_members[i]);
            int tail = -1;
            // Quadratic, but only where heads can be equal: calls and literals; beyond some count it does not pay.
            for (int j = i + 1; j < _members.Count && _members.Count - start <= MostToMerge; j++)
            {
                if (head > Empty && HeadOf(_members[j]) == head && _members[j] != _members[i])
                {
                    if (tail < 0)
                    {
                        tail = TailOf(_members[i]);
                    }
                    int other = _members[j];
                    _members.RemoveAt(j--);
                    // As often as both begin with the same.
                    EnsureStack();
                    tail = Choice(tail, TailOf(other));
                }
            }
            if (tail >= 0)
            {
                _members[i] = Sequence(head, tail);
            }
        }
    }

    private int HeadOf(int expression)
    {
        return _nodes[expression].Kind == ExpressionKind.Sequence ? _nodes[expression].A
            : _nodes[expression].Kind is ExpressionKind.Call or ExpressionKind.Literal ? expression : Empty;
    }

    private int TailOf(int expression) => _nodes[expression].Kind == ExpressionKind.Sequence ? _nodes[expression].B : Empty;

    /// <summary>Sorts the collected members and leaves each once.</summary>
    private void Normalize(int start)
    {
        int count = _members.Count - start;
        if (count > 1)
        {
            _members.Sort(start, count, null);
            int end = start + 1;
            for (int i = start + 1; i < _members.Count; i++)
            {
                if (_members[i] != _members[end - 1])
                {
                    _members[end++] = _members[i];
                }
            }
            _members.RemoveRange(end, _members.Count - end);
        }
    }

    private int Take(ExpressionKind kind, int start, int none)
    {
        int count = _members.Count - start;
        int result = count == 0 ? none : count == 1 ? _members[start] : InternList(kind, start);
        _members.RemoveRange(start, count);
        return result;
    }

    private int InternList(ExpressionKind kind, int start)
    {
        ReadOnlySpan<int> members = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_members)[start..];
        uint hash = HashOf(kind, members);
        for (int i = _buckets[hash & (uint)(_buckets.Length - 1)] - 1; i >= 0; i = _nodes[i].Next - 1)
        {
            if (_nodes[i].Kind == kind && Members(i).SequenceEqual(members))
            {
                return i;
            }
        }
        bool both = kind == ExpressionKind.Both;
        var made = new ExpressionNode
        {
            Kind = kind,
            A = _listEnd,
            B = members.Length,
            IsNullable = both,
            IsRegular = true,
            First = both ? ByteSet.All : default,
        };
        foreach (int member in members)
        {
            ref readonly ExpressionNode node = ref _nodes[member];
            made.IsNullable = both ? made.IsNullable && node.IsNullable : made.IsNullable || node.IsNullable;
            made.First = both ? made.First & node.First : made.First | node.First;
            made.IsRegular &= node.IsRegular;
            made.CallsFirst |= node.CallsFirst;
            made.TokensFirst |= node.TokensFirst;
            made.CountsFar |= node.CountsFar;
        }
        if (_listEnd + members.Length > _lists.Length)
        {
            Array.Resize(ref _lists, Math.Max(_lists.Length * 2, _listEnd + members.Length));
        }
        members.CopyTo(_lists.AsSpan(_listEnd));
        _listEnd += members.Length;
        if (_listEnd > GrammarLimits.Expressions * 8)
        {
            throw new RealmException(ErrorCode.Limit, "the grammar has too many alternatives; make it simpler");
        }
        int index = Add(made);
        Link(index, hash);
        return index;
    }

    private static uint HashOf(ExpressionKind kind, ReadOnlySpan<int> members)
    {
        ulong hash = (ulong)kind;
        foreach (int member in members)
        {
            hash = (hash ^ (uint)member) * 0x9E3779B97F4A7C15UL;
            hash ^= hash >> 29;
        }
        return (uint)(hash >> 32);
    }
}
