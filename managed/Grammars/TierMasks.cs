using System.Runtime.InteropServices;

namespace Realm.Grammars;

/// <summary>
/// The masks of one grammar over one tier of tokens: the trie is walked with the states of the grammar, and what is found is kept by
/// state. What lies below a state's bottom is asked for only from the nodes where the bottom is reached, and kept by what follows
/// there.
/// </summary>
internal sealed class TierMasks
{
    /// <summary>Looking for a run may take so many states, and no more than a walk of the tier would save: so many nodes cost what a state does.</summary>
    private const int LeastRunStates = 256, MostRunStates = 512, NodesPerRunState = 200;

    /// <summary>Of longer tokens it is faster to look at each than to ask whether all may follow, where their characters lead on and on.</summary>
    private const int MostSteps = 8;

    private readonly TokenTier _tier;
    private readonly StateTable _exact;
    private readonly StateTable _table;
    private readonly Horizon? _horizon;
    private readonly Dictionary<int, int> _near = [];
    private readonly Dictionary<int, MaskEntry> _entries = [];
    private readonly StateRow[] _way;
    private readonly PlainTextRun _run;
    private readonly List<int> _tokens = [];
    private readonly List<GrammarState> _ends = [];
    private readonly List<int> _exits = [];
    private readonly List<(TokenRange Range, GrammarState End)> _ranges = [];
    private readonly int _words;
    private int _longest;

    public TierMasks(TokenTier tier, GrammarRules rules, StateTable exact, bool countsFar, int words)
    {
        _tier = tier;
        _exact = exact;
        _words = words;
        _way = new StateRow[tier.Trie.Depth + 1];
        if (countsFar)
        {
            _horizon = new Horizon(rules.Store, Math.Max(tier.Trie.Depth, Horizon.Nearest));
            _table = new StateTable(rules.Store, rule => _horizon.Clamp(rules[rule]));
        }
        else
        {
            _table = exact;
        }
        int mostStates = Math.Clamp(tier.Trie.Nodes.Length / NodesPerRunState, LeastRunStates, MostRunStates);
        _run = new PlainTextRun(mostStates);
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
        if (MayHoldSlice(start) && AddRunInTime(start, position.Below, allowed, suffices))
        {
            trie = _tier.Slice.Rest;
        }
        Begin();
        _way[0] = _exact.RowOf(start);
        Walk(_exact, trie, 0, trie.Nodes.Length, exactEnds: true);
        AddEnds(trie, allowed, position.Below, suffices);
        for (Frame? frame = position.Below; frame != null && _exits.Count > 0; frame = frame.Below)
        {
            int[] exits = [.. _exits];
            Begin();
            WalkOn(_exact, trie, exits, _exact[_exact.Start(frame.Return)], exactEnds: true);
            AddEnds(trie, allowed, frame.Below, suffices);
        }
    }

    /// <summary>
    /// Adds the tokens of plain text behind which there is time, where that is a matter of their lengths; false where it is not.
    /// </summary>
    private bool AddRunInTime(GrammarState start, Frame? below, Span<ulong> allowed, Func<GrammarState, Frame?, bool> suffices)
    {
        TokenSlice slice = _tier.Slice;
        if (!_run.Find(_exact, start, slice.MostCharacters))
        {
            return false;
        }
        var inTime = new List<int>();
        for (int characters = 1; characters <= _run.Characters; characters++)
        {
            IReadOnlyList<GrammarState> ends = _run.EndsBehind(characters);
            int fine = ends.Count(end => suffices(end, below));
            if (fine != 0 && fine != ends.Count)
            {
                return false;
            }
            // Where lengths are not told apart, a text may lead to the state behind a shorter one.
            if (!_run.IsCounted && ends.Count > 0 && characters > 1 && fine > 0 != inTime.Count > 0)
            {
                return false;
            }
            if (fine > 0 || !_run.IsCounted && inTime.Count > 0)
            {
                inTime.Add(characters);
            }
        }
        foreach (int characters in inTime)
        {
            MaskEntry.Or(slice.TokensOf(characters), allowed);
        }
        return true;
    }

    private void AddEnds(TokenTrie trie, Span<ulong> allowed, Frame? below, Func<GrammarState, Frame?, bool> suffices)
    {
        foreach ((TokenRange range, GrammarState end) in _ranges)
        {
            if (suffices(end, below))
            {
                MaskEntry.Or(trie.TokensOf(range), allowed);
            }
        }
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
        _ranges.Clear();
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
        GrammarState start = _table[state];
        TokenTrie trie = TakeSlice(start, out ulong[]? bits);
        _way[0] = _table.RowOf(start);
        Walk(_table, trie, 0, trie.Nodes.Length);
        return Take(trie, bits);
    }

    /// <summary>Takes what plain text may follow, if that is a matter of its length; what is left to be walked.</summary>
    /// <param name="start">Where the text stands.</param>
    /// <param name="bits">The whole slice, if it may follow.</param>
    private TokenTrie TakeSlice(GrammarState start, out ulong[]? bits)
    {
        TokenSlice slice = _tier.Slice;
        bits = null;
        if (!MayHoldSlice(start))
        {
            return _tier.Trie;
        }
        if (_table.EndBehindAnyText(start.Number) is >= 0 and int end)
        {
            (bits, _longest) = (slice.Bits, end);
            return slice.Rest;
        }
        if (!_run.Find(_table, start, slice.MostCharacters))
        {
            return _tier.Trie;
        }
        _longest = _run.Longest;
        if (_run.Characters == slice.MostCharacters)
        {
            bits = slice.Bits;
            return slice.Rest;
        }
        for (int characters = 1; characters <= _run.Characters; characters++)
        {
            _tokens.AddRange(slice.TokensOf(characters));
        }
        return slice.Rest;
    }

    private MaskEntry WalkOn(MaskEntry from, int state)
    {
        Begin();
        WalkOn(_table, from.Trie, from.Exits, _table[state]);
        return Take(from.Trie, null);
    }

    /// <summary>Walks on from the nodes where the bottom was reached, with what follows there.</summary>
    private void WalkOn(StateTable table, TokenTrie trie, int[] exits, GrammarState start, bool exactEnds = false)
    {
        StateRow row = table.RowOf(start);
        foreach (int exit in exits)
        {
            TrieNode node = trie.Nodes[exit];
            if (start.Exits)
            {
                _exits.Add(exit);
            }
            _way[node.Depth] = row;
            Walk(table, trie, exit + 1, node.End, exactEnds);
        }
    }

    /// <summary>
    /// Walks the nodes of a range; the row of the state at their parent is in <see cref="_way"/>. Where all that is below a node may
    /// follow, it is taken as a whole; with exact ends only where all of it leads back to the node's state.
    /// </summary>
    private void Walk(StateTable table, TokenTrie trie, int first, int end, bool exactEnds = false)
    {
        TrieNode[] nodes = trie.Nodes;
        StateRow[] way = _way;
        for (int i = first; i < end;)
        {
            ref readonly TrieNode node = ref nodes[i];
            StateRow from = way[node.Depth - 1];
            int next = from.Behind(node.Value);
            if (next == StateTable.Dead)
            {
                i = node.End;
                continue;
            }
            GrammarState state = table[next > 0 ? next : table.Step(from.State, node.Value)];
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
            if (node.Below >= 0 && TakeRange(table, trie.Ranges[node.Below], state, exactEnds))
            {
                i = node.End;
                continue;
            }
            if (++i < node.End)
            {
                if (state.Exits)
                {
                    _exits.Add(i - 1);
                }
                way[node.Depth] = table.RowOf(state);
            }
        }
    }

    private bool TakeRange(StateTable table, TokenRange range, GrammarState state, bool exactEnds)
    {
        int longest = 0;
        GrammarState at = state;
        for (int left = range.Characters; ; left--)
        {
            longest = Math.Max(longest, at.Shortest);
            if (left == 0)
            {
                break;
            }
            GrammarState? next = (at.Steps ??= new CharacterSteps(table, at)).Behind(range.Heads);
            if (next == at)
            {
                break;
            }
            if (next == null || exactEnds || range.Characters > MostSteps)
            {
                return false;
            }
            at = next;
        }
        if (exactEnds && (!range.IsWhole || state.Exits))
        {
            return false;
        }
        _ranges.Add((range, state));
        _longest = Math.Max(_longest, longest + (range.IsWhole ? 0 : Utf8Phase.MostToCome));
        return true;
    }

    private MaskEntry Take(TokenTrie trie, ulong[]? bits)
    {
        int[] exits = _exits.Count == 0 ? [] : [.. _exits];
        CachedBytes += 96 + exits.Length * 4;
        int count = _tokens.Count;
        foreach ((TokenRange range, _) in _ranges)
        {
            count += range.Count;
        }
        if (count > _words * 2)
        {
            // Many: a bit each is smaller and faster.
            ulong[] all = bits != null ? [.. bits] : new ulong[_words];
            MaskEntry.Or(CollectionsMarshal.AsSpan(_tokens), all);
            foreach ((TokenRange range, _) in _ranges)
            {
                MaskEntry.Or(trie.TokensOf(range), all);
            }
            CachedBytes += all.Length * 8;
            return new MaskEntry { Bits = all, Tokens = [], Exits = exits, Trie = trie, Longest = _longest };
        }
        foreach ((TokenRange range, _) in _ranges)
        {
            _tokens.AddRange(trie.TokensOf(range));
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
