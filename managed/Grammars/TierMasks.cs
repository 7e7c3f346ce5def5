namespace Realm.Grammars;

/// <summary>
/// The masks of one grammar over one tier of tokens: the trie is walked with the states of the grammar, and what is found is kept by
/// state. What lies below a state's bottom is asked for only from the nodes where the bottom is reached, and kept by what follows
/// there.
/// </summary>
internal sealed class TierMasks
{
    private readonly TokenTier _tier;
    private readonly StateTable _exact;
    private readonly StateTable _table;
    private readonly Horizon? _horizon;
    private readonly Dictionary<int, int> _near = [];
    private readonly Dictionary<int, MaskEntry> _entries = [];
    private readonly GrammarState[] _way;
    private readonly List<int> _tokens = [];
    private readonly List<GrammarState> _ends = [];
    private readonly List<int> _exits = [];
    private readonly int _words;
    private int _longest;

    public TierMasks(TokenTier tier, GrammarRules rules, StateTable exact, bool countsFar, int words)
    {
        _tier = tier;
        _exact = exact;
        _words = words;
        _way = new GrammarState[tier.Trie.Depth + 1];
        if (countsFar)
        {
            _horizon = new Horizon(rules.Store, Math.Max(tier.Trie.Depth, Horizon.Nearest));
            _table = new StateTable(rules.Store, rule => _horizon.Clamp(rules[rule]));
        }
        else
        {
            _table = exact;
        }
    }

    /// <summary>Bytes of all that is kept.</summary>
    public long CachedBytes { get; private set; }

    public void Clear()
    {
        _entries.Clear();
        CachedBytes = 0;
    }

    /// <summary>Adds the allowed tokens of this tier.</summary>
    /// <param name="position">Where the text stands.</param>
    /// <param name="allowed">A bit a token.</param>
    /// <returns>The most bytes that are needed behind any of them to end the text.</returns>
    public int AddTo(Position position, Span<ulong> allowed)
    {
        int state = Near(position.State);
        if (!_entries.TryGetValue(state, out MaskEntry? entry))
        {
            _entries[state] = entry = Walk(state);
        }
        entry.AddTo(allowed);
        long longest = entry.Longest + (position.Below?.Shortest ?? 0);
        for (Frame? frame = position.Below; frame != null && entry.Exits.Length > 0; frame = frame.Below)
        {
            int follow = _horizon?.Clamp(frame.Return) ?? frame.Return;
            entry.Then ??= [];
            if (!entry.Then.TryGetValue(follow, out MaskEntry? then))
            {
                entry.Then[follow] = then = WalkOn(entry, _table.Start(follow));
            }
            entry = then;
            entry.AddTo(allowed);
            longest = Math.Max(longest, entry.Longest + (frame.Below?.Shortest ?? 0));
        }
        return (int)Math.Min(longest, ExpressionStore.NoText);
    }

    /// <summary>Adds the allowed tokens of this tier behind which the text can still be ended in time.</summary>
    /// <param name="position">Where the text stands.</param>
    /// <param name="allowed">A bit a token.</param>
    /// <param name="suffices">Whether what is left suffices from a state over a frame.</param>
    public void AddInTime(Position position, Span<ulong> allowed, Func<GrammarState, Frame?, bool> suffices)
    {
        GrammarState start = _exact[position.State];
        TokenTrie trie = _tier.Trie;
        foreach (TokenSlice slice in MayHoldSlice(start) ? _tier.Slices : [])
        {
            if (slice.IsWithin(_exact, position.State, out _, _ends))
            {
                int before = _ends.Count;
                _ends.RemoveAll(end => !suffices(end, position.Below));
                if (_ends.Count == before || _ends.Count == 0)
                {
                    trie = slice.Rest;
                    if (_ends.Count > 0)
                    {
                        MaskEntry.Or(slice.Bits, allowed);
                    }
                }
                break;
            }
        }
        Begin();
        _way[0] = start;
        start.Row ??= StateTable.NewRow(start);
        Walk(_exact, trie, 0, trie.Nodes.Length);
        AddEnds(allowed, position.Below, suffices);
        for (Frame? frame = position.Below; frame != null && _exits.Count > 0; frame = frame.Below)
        {
            int[] exits = [.. _exits];
            Begin();
            WalkOn(_exact, trie, exits, _exact[_exact.Start(frame.Return)]);
            AddEnds(allowed, frame.Below, suffices);
        }
    }

    private void AddEnds(Span<ulong> allowed, Frame? below, Func<GrammarState, Frame?, bool> suffices)
    {
        for (int i = 0; i < _tokens.Count; i++)
        {
            if (suffices(_ends[i], below))
            {
                allowed[_tokens[i] >> 6] |= 1UL << (_tokens[i] & 63);
            }
        }
    }

    private void Begin()
    {
        _tokens.Clear();
        _ends.Clear();
        _exits.Clear();
        _longest = 0;
    }

    private int Near(int state)
    {
        if (_horizon == null)
        {
            return state;
        }
        if (!_near.TryGetValue(state, out int near))
        {
            _near[state] = near = _table.Translate(_exact, state, _horizon.Clamp);
        }
        return near;
    }

    private MaskEntry Walk(int state)
    {
        Begin();
        TokenTrie trie = _tier.Trie;
        ulong[]? bits = null;
        GrammarState start = _table[state];
        foreach (TokenSlice slice in MayHoldSlice(start) ? _tier.Slices : [])
        {
            if (slice.IsWithin(_table, state, out int longest, null))
            {
                trie = slice.Rest;
                bits = slice.Bits;
                _longest = longest;
                break;
            }
        }
        _way[0] = start;
        start.Row ??= StateTable.NewRow(start);
        Walk(_table, trie, 0, trie.Nodes.Length);
        return Take(trie, bits);
    }

    private MaskEntry WalkOn(MaskEntry from, int state)
    {
        Begin();
        WalkOn(_table, from.Trie, from.Exits, _table[state]);
        return Take(from.Trie, null);
    }

    /// <summary>Walks on from the nodes where the bottom was reached, with what follows there.</summary>
    private void WalkOn(StateTable table, TokenTrie trie, int[] exits, GrammarState start)
    {
        start.Row ??= StateTable.NewRow(start);
        foreach (int exit in exits)
        {
            TrieNode node = trie.Nodes[exit];
            if (start.Exits)
            {
                _exits.Add(exit);
            }
            _way[node.Depth] = start;
            Walk(table, trie, exit + 1, node.End);
        }
    }

    /// <summary>Walks the nodes of a range; the state at their parent is in <see cref="_way"/>.</summary>
    private void Walk(StateTable table, TokenTrie trie, int first, int end)
    {
        TrieNode[] nodes = trie.Nodes;
        GrammarState[] way = _way;
        for (int i = first; i < end;)
        {
            ref readonly TrieNode node = ref nodes[i];
            GrammarState from = way[node.Depth - 1];
            int next = from.Row![node.Value];
            if (next == StateTable.Dead)
            {
                i = node.End;
                continue;
            }
            GrammarState state = table[next > 0 ? next : table.Step(from, node.Value)];
            if (state.IsDead)
            {
                i = node.End;
                continue;
            }
            for (int token = node.Token; token >= 0; token = trie.NextSame(token))
            {
                _tokens.Add(token);
                _ends.Add(state);
                _longest = Math.Max(_longest, state.Shortest);
            }
            if (++i < node.End)
            {
                if (state.Exits)
                {
                    _exits.Add(i - 1);
                }
                state.Row ??= StateTable.NewRow(state);
                way[node.Depth] = state;
            }
        }
    }

    private MaskEntry Take(TokenTrie trie, ulong[]? bits)
    {
        int[] exits = _exits.Count == 0 ? [] : [.. _exits];
        CachedBytes += 96 + exits.Length * 4;
        if (_tokens.Count > _words * 2)
        {
            // Many: a bit each is smaller and faster.
            ulong[] all = bits != null ? [.. bits] : new ulong[_words];
            foreach (int id in _tokens)
            {
                all[id >> 6] |= 1UL << (id & 63);
            }
            CachedBytes += all.Length * 8;
            return new MaskEntry { Bits = all, Tokens = [], Exits = exits, Trie = trie, Longest = _longest };
        }
        CachedBytes += _tokens.Count * 4;
        return new MaskEntry { Bits = bits, Tokens = [.. _tokens], Exits = exits, Trie = trie, Longest = _longest };
    }

    /// <summary>Whether it is worth asking for slices: they begin with any letter.</summary>
    private static bool MayHoldSlice(GrammarState state)
    {
        return state.First.Contains('a') && state.First.Contains('~') && state.First.Contains(0xE4);
    }
}
