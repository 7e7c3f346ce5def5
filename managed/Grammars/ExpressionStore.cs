namespace Realm.Grammars;

/// <summary>
/// Expressions of one grammar. Equal ones are made once, so that an expression is a number; <see cref="Nothing"/> and <see
/// cref="Empty"/> are fixed ones. Parts are put in a normal form as far as that is cheap: enough that the derivatives of an expression
/// are finitely many (Brzozowski 1964; Owens, Reppy, Turon 2009), and that counts stay counts.
/// </summary>
internal sealed partial class ExpressionStore
{
    public const int Nothing = 0;
    public const int Empty = 1;

    /// <summary>The most of a repetition without end.</summary>
    public const int NoEnd = int.MaxValue;

    /// <summary>The length of what has no text.</summary>
    public const int NoText = 1 << 30;

    /// <summary>The length of all texts that are as long or longer: where a text doubles often enough there is one all the same.</summary>
    private const int Endless = NoText - 1;

    /// <summary>The length of texts one behind the other.</summary>
    public static int Together(long x, long y) => x >= NoText || y >= NoText ? NoText : (int)Math.Min(x + y, Endless);

    /// <summary>The length of so many texts one behind the other.</summary>
    public static int Times(int length, int count) =>
        count == 0 ? 0 : length >= NoText ? NoText : (int)Math.Min((long)length * count, Endless);

    private readonly CompileBudget _budget;
    private ExpressionNode[] _nodes = new ExpressionNode[256];
    private int[] _buckets = new int[512];
    private int[] _lists = new int[256];
    private int _listEnd;
    private byte[] _literals = new byte[1024];
    private int _literalEnd;
    private readonly Dictionary<int, int> _literalsByHash = [];
    private readonly List<ByteMachine> _machines = [];

    public ExpressionStore(CompileBudget budget)
    {
        _budget = budget;
        Add(new ExpressionNode { Kind = ExpressionKind.Nothing, IsRegular = true });
        Add(new ExpressionNode { Kind = ExpressionKind.Empty, IsNullable = true, IsRegular = true });
        All = Add(new ExpressionNode { Kind = ExpressionKind.Not, A = Nothing, IsNullable = true, IsRegular = true, First = ByteSet.All });
    }

    /// <summary>How many expressions there are.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// What is any one character, in the ways of writing that are in use: repetitions of it say how long a text is, and nothing else.
    /// </summary>
    public HashSet<int> AnyCharacters { get; } = [];

    /// <summary>Any bytes.</summary>
    public int All { get; }

    public ref readonly ExpressionNode this[int expression] => ref _nodes[expression];

    /// <summary>The members of a choice or an intersection.</summary>
    public ReadOnlySpan<int> Members(int expression) => _lists.AsSpan(_nodes[expression].A, _nodes[expression].B);

    public ReadOnlySpan<byte> LiteralOf(int expression) => _literals.AsSpan(_nodes[expression].A.._nodes[expression].B);

    public int Bytes(ByteSet set)
    {
        return set.IsEmpty ? Nothing : Intern(new ExpressionNode { Kind = ExpressionKind.Bytes, First = set, IsRegular = true });
    }

    public int Literal(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return Empty;
        }
        var hash = new HashCode();
        hash.AddBytes(text);
        int key = hash.ToHashCode();
        if (_literalsByHash.TryGetValue(key, out int known) && LiteralOf(known).SequenceEqual(text))
        {
            return known;
        }
        if (_literalEnd + text.Length > _literals.Length)
        {
            Array.Resize(ref _literals, Math.Max(_literals.Length * 2, _literalEnd + text.Length));
        }
        text.CopyTo(_literals.AsSpan(_literalEnd));
        int made = LiteralAt(_literalEnd, _literalEnd += text.Length);
        _literalsByHash[key] = made;
        return made;
    }

    public int Sequence(int head, int tail)
    {
        if (head == Nothing || tail == Nothing)
        {
            return Nothing;
        }
        if (head == Empty)
        {
            return tail;
        }
        if (tail == Empty)
        {
            return head;
        }
        while (_nodes[head].Kind == ExpressionKind.Sequence)
        {
            // To the right, from the innermost: (a b) c is a (b c).
            int inner = head;
            int depth = 0;
            while (_nodes[_nodes[inner].B].Kind == ExpressionKind.Sequence)
            {
                inner = _nodes[inner].B;
                depth++;
            }
            if (depth > 0)
            {
                return SequenceOfChain(head, tail);
            }
            tail = Sequence(_nodes[head].B, tail);
            head = _nodes[head].A;
        }
        ref readonly ExpressionNode a = ref _nodes[head];
        ref readonly ExpressionNode b = ref _nodes[tail];
        return Intern(new ExpressionNode
        {
            Kind = ExpressionKind.Sequence,
            A = head,
            B = tail,
            IsNullable = a.IsNullable && b.IsNullable,
            CallsFirst = a.CallsFirst || a.IsNullable && b.CallsFirst,
            TokensFirst = a.TokensFirst || a.IsNullable && b.TokensFirst,
            IsRegular = a.IsRegular && b.IsRegular,
            CountsFar = a.CountsFar || b.CountsFar,
            First = a.IsNullable ? a.First | b.First : a.First,
        });
    }

    public int Sequence(params ReadOnlySpan<int> parts)
    {
        int all = Empty;
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            all = Sequence(parts[i], all);
        }
        return all;
    }

    public int Optional(int expression) => Choice(Empty, expression);

    /// <summary>From <paramref name="least"/> to <paramref name="most"/> texts of an expression.</summary>
    public int Repeat(int body, int least, int most)
    {
        if (most == 0 || body == Empty)
        {
            return Empty;
        }
        if (body == Nothing)
        {
            return least == 0 ? Empty : Nothing;
        }
        if (least == 1 && most == 1)
        {
            return body;
        }
        if (_nodes[body].IsNullable)
        {
            least = 0;
        }
        if (_nodes[body].Kind == ExpressionKind.Repeat && _nodes[body].B == 0 && _nodes[body].C == NoEnd)
        {
            return body;
        }
        if (least == 0 && most == 1)
        {
            return Optional(body);
        }
        ref readonly ExpressionNode a = ref _nodes[body];
        return Intern(new ExpressionNode
        {
            Kind = ExpressionKind.Repeat,
            A = body,
            B = least,
            C = most,
            IsNullable = least == 0,
            CallsFirst = a.CallsFirst,
            TokensFirst = a.TokensFirst,
            IsRegular = a.IsRegular,
            CountsFar = a.CountsFar || most != NoEnd && most >= Horizon.Nearest,
            First = a.First,
        });
    }

    public int Star(int body) => Repeat(body, 0, NoEnd);

    public int Call(int rule)
    {
        return Intern(new ExpressionNode { Kind = ExpressionKind.Call, A = rule, CallsFirst = true });
    }

    /// <summary>The token of an id, or any other token than that.</summary>
    public int Token(int id, bool other)
    {
        return Intern(new ExpressionNode { Kind = ExpressionKind.Token, A = id, B = other ? 1 : 0, TokensFirst = true });
    }

    /// <summary>What is no text of a regular expression.</summary>
    public int Not(int expression)
    {
        ref readonly ExpressionNode a = ref _nodes[expression];
        if (!a.IsRegular)
        {
            throw new RealmException(ErrorCode.Internal, "the complement of an expression that calls rules was asked for");
        }
        return a.Kind == ExpressionKind.Not ? a.A : Intern(new ExpressionNode
        {
            Kind = ExpressionKind.Not,
            A = expression,
            IsNullable = !a.IsNullable,
            IsRegular = true,
            First = ByteSet.All,
        });
    }

    /// <summary>A machine, to be used from any of its states.</summary>
    public int Add(ByteMachine machine)
    {
        _machines.Add(machine);
        if (machine.Budget != null)
        {
            Budgeted.Add(_machines.Count - 1);
        }
        return _machines.Count - 1;
    }

    /// <summary>What a machine takes from a state on.</summary>
    public int Machine(int machine, int state)
    {
        if (state < 0)
        {
            return Nothing;
        }
        ByteMachine code = _machines[machine];
        ByteSet first = default;
        BytePartition partition = code.Partition;
        for (int i = 0; i < partition.Representatives.Length; i++)
        {
            if (code.Next(state, partition.Representatives[i]) >= 0)
            {
                first |= partition.Members[i];
            }
        }
        return Intern(new ExpressionNode
        {
            Kind = ExpressionKind.Machine,
            A = machine,
            B = state,
            IsNullable = code.Accepts(state),
            IsRegular = true,
            First = first,
        });
    }

    private int LiteralAt(int start, int end)
    {
        return start == end ? Empty : Intern(new ExpressionNode
        {
            Kind = ExpressionKind.Literal,
            A = start,
            B = end,
            IsRegular = true,
            First = ByteSet.Of(_literals[start]),
        });
    }

    /// <summary>A sequence of many parts before another, without recursion.</summary>
    private int SequenceOfChain(int chain, int tail)
    {
        var parts = new List<int>();
        while (_nodes[chain].Kind == ExpressionKind.Sequence)
        {
            parts.Add(_nodes[chain].A);
            chain = _nodes[chain].B;
        }
        int all = Sequence(chain, tail);
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            all = Sequence(parts[i], all);
        }
        return all;
    }

    private static uint HashOf(in ExpressionNode node)
    {
        ulong hash = ((ulong)(uint)node.A * 0x9E3779B97F4A7C15UL) ^ ((ulong)(uint)node.B * 0xC2B2AE3D27D4EB4FUL)
            ^ ((ulong)(uint)node.C * 0x165667B19E3779F9UL) ^ (ulong)node.Kind * 0x27D4EB2F165667C5UL;
        if (node.Kind == ExpressionKind.Bytes)
        {
            hash ^= (node.First.A * 3 + node.First.B * 5 + node.First.C * 7 + node.First.D * 11) * 0x9E3779B97F4A7C15UL;
        }
        return (uint)(hash >> 32);
    }

    private int Intern(in ExpressionNode node)
    {
        uint hash = HashOf(node);
        for (int i = _buckets[hash & (uint)(_buckets.Length - 1)] - 1; i >= 0; i = _nodes[i].Next - 1)
        {
            ref readonly ExpressionNode known = ref _nodes[i];
            if (known.Kind == node.Kind && known.A == node.A && known.B == node.B && known.C == node.C
                && (node.Kind != ExpressionKind.Bytes || known.First == node.First))
            {
                return i;
            }
        }
        int made = Add(node);
        Link(made, hash);
        return made;
    }

    private void Link(int made, uint hash)
    {
        ref int bucket = ref _buckets[hash & (uint)(_buckets.Length - 1)];
        _nodes[made].Next = bucket;
        bucket = made + 1;
        if (Count > _buckets.Length)
        {
            _buckets = new int[_buckets.Length * 2];
            for (int i = 0; i < Count; i++)
            {
                ref int other = ref _buckets[HashAny(i) & (uint)(_buckets.Length - 1)];
                _nodes[i].Next = other;
                other = i + 1;
            }
        }
    }

    private uint HashAny(int expression)
    {
        ref readonly ExpressionNode node = ref _nodes[expression];
        return node.Kind is ExpressionKind.Choice or ExpressionKind.Both ? HashOf(node.Kind, Members(expression)) : HashOf(node);
    }

    private int Add(in ExpressionNode node)
    {
        _budget.Spend();
        if (Count == GrammarLimits.Expressions)
        {
            throw new RealmException(ErrorCode.Limit,
                $"the grammar needs more than {GrammarLimits.Expressions} expressions; make it simpler or its counts smaller");
        }
        if (Count == _nodes.Length)
        {
            Array.Resize(ref _nodes, _nodes.Length * 2);
        }
        _nodes[Count] = node;
        _nodes[Count].Shortest = node.IsNullable ? 0 : -1;
        _nodes[Count].Partition = -1;
        return Count++;
    }
}
