namespace Realm.Grammars;

/// <summary>
/// A compiled format over one vocabulary: states, masks and shortest ends, made as texts need them and shared by all that are bound by
/// it. All calls may come from any thread; they wait for one another.
/// </summary>
internal sealed class Grammar
{
    // A state with its row, and an expression with its hashes and derivatives.
    private const int StateBytes = 1300, ExpressionBytes = 200;

    private readonly GrammarRules _rules;
    private readonly StateTable _table;
    private readonly TierMasks[] _tiers;
    private readonly ShortestEnd _end;
    private readonly EndInTime _inTime;
    private readonly bool _countsFar;
    private readonly List<int> _firstTokens = [];

    /// <param name="rules">The rules, finished.</param>
    /// <param name="vocabulary">The vocabulary; null for a grammar that only tests texts.</param>
    public Grammar(GrammarRules rules, TokenVocabulary? vocabulary)
    {
        _rules = rules;
        Vocabulary = vocabulary ?? new TokenVocabulary([], [], []);
        for (int i = 0; i < rules.Count; i++)
        {
            _countsFar |= rules.Store[rules[i]].CountsFar;
        }
        Budgets = [.. rules.Store.Budgeted.Select(machine => (machine, rules.Store.BudgetOf(machine)))];
        _table = new StateTable(rules.Store, rule => rules[rule]);
        _end = new ShortestEnd(this);
        _inTime = new EndInTime(this);
        Start = Settle(new Position(_table.Start(rules[0]), null));
        _tiers = Array.ConvertAll(vocabulary?.Tiers ?? [],
            tier => new TierMasks(tier, rules, _table, _countsFar, Vocabulary.MaskWords));
        if (ShortestFrom(Start) > GrammarLimits.ShortestBytes)
        {
            throw new RealmException(ErrorCode.Limit,
                $"the shortest text of the format has {ShortestFrom(Start)} bytes or more; at most {GrammarLimits.ShortestBytes} are held");
        }
        MinTokens = vocabulary != null ? _end.TokensFrom(Start) : 0;
        if (MinTokens >= ExpressionStore.NoText)
        {
            throw new RealmException(ErrorCode.Unsupported, "the vocabulary has no tokens for the shortest text of the format");
        }
    }

    /// <summary>What to hold while anything of the grammar is used.</summary>
    public object Lock => _rules;

    public TokenVocabulary Vocabulary { get; }

    public IReadOnlyList<string> Warnings => _rules.Warnings;

    /// <summary>Whether all that the format says is held to; not where it was asked to leave out what can't be.</summary>
    public bool IsChecked => !_rules.IsLoosened;

    /// <summary>Where every text begins.</summary>
    public Position Start { get; }

    /// <summary>So many tokens suffice for a whole text; with fewer there is perhaps none.</summary>
    public int MinTokens { get; }

    /// <summary>About how many bytes the grammar holds: its states, expressions and masks.</summary>
    public long HeldBytes
    {
        get
        {
            long bytes = (long)_table.Count * StateBytes + (long)_rules.Store.Count * ExpressionBytes;
            foreach (TierMasks tier in _tiers)
            {
                bytes += tier.CachedBytes;
            }
            return bytes;
        }
    }

    /// <summary>A constraint at the beginning of a text.</summary>
    public GrammarConstraint NewConstraint() => new(this);

    /// <summary>Whether exactly this text is one of the grammar's.</summary>
    public bool Test(ReadOnlySpan<byte> text)
    {
        lock (Lock)
        {
            BeginStep();
            Position position = Start;
            foreach (byte value in text)
            {
                position = Step(position, value);
                if (position.State == StateTable.Dead)
                {
                    return false;
                }
            }
            return MayEnd(position);
        }
    }

    /// <summary>Begins a step of a text, which may take some time but not for ever.</summary>
    public void BeginStep() => _rules.Budget.BeginStep();

    public bool MayEnd(Position position) => position.Below == null && _table[position.State].Exits;

    /// <summary>Whether no byte and no token may follow.</summary>
    public bool IsComplete(Position position)
    {
        GrammarState state = _table[position.State];
        return MayEnd(position) && state.First.IsEmpty && !state.TakesTokens;
    }

    /// <summary>The fewest bytes from here to the end of the text.</summary>
    public int ShortestFrom(Position position)
    {
        return ExpressionStore.Together(_table[position.State].Shortest, position.Below?.Shortest ?? 0);
    }

    /// <summary>The tokens that may come by their ids, but for those that are only said by what they are not.</summary>
    public int[] NamedTokens(Position position)
    {
        _firstTokens.Clear();
        _table.FirstTokens(position.State, _firstTokens);
        return [.. _firstTokens.Where(token => token >= 0).Distinct()];
    }

    /// <summary>Whether tokens may come that are only said by what they are not.</summary>
    public bool TakesUnnamed(Position position)
    {
        _firstTokens.Clear();
        _table.FirstTokens(position.State, _firstTokens);
        return _firstTokens.Exists(token => token < 0);
    }

    public int TokensFrom(Position position) => _end.TokensFrom(position);

    /// <summary>The machines of texts that may have so many tokens, and the number of each.</summary>
    public (int Machine, int Tokens)[] Budgets { get; }

    /// <summary>Of these machines, those whose texts are under way.</summary>
    public int[] OpenTexts(Position position) => _table.OpenTexts(position.State);

    /// <summary>Where the text stands if a machine's text may only be ended; the state is <see cref="StateTable.Dead"/> if it can't.</summary>
    public Position CloseText(Position position, int machine)
    {
        int state = _table.CloseText(position.State, machine);
        return state == StateTable.Dead ? default : Settle(new Position(state, position.Below));
    }

    public GrammarState StateOf(Position position) => _table[position.State];

    /// <summary>Where the text stands behind a byte; the state is <see cref="StateTable.Dead"/> if it can't follow.</summary>
    public Position Step(Position position, byte value)
    {
        int state = _countsFar ? _table.StepOnce(position.State, value) : _table.Step(position.State, value);
        return state == StateTable.Dead ? default : Settle(new Position(state, position.Below));
    }

    /// <summary>Where the text stands behind a token; the state is <see cref="StateTable.Dead"/> if it can't follow.</summary>
    public Position StepToken(Position position, int token)
    {
        Position byBytes = default;
        if (Vocabulary.IsText(token))
        {
            byBytes = position;
            foreach (byte value in Vocabulary.BytesOf(token))
            {
                byBytes = Step(byBytes, value);
                if (byBytes.State == StateTable.Dead)
                {
                    break;
                }
            }
        }
        if (!_table[position.State].TakesTokens || (uint)token >= (uint)Vocabulary.Count
            || Array.IndexOf(Vocabulary.EndIds, token) >= 0 && !IsNamed(position, token))
        {
            return byBytes;
        }
        int state = _table.StepToken(position.State, token);
        Position byId = state == StateTable.Dead ? default : Settle(new Position(state, position.Below));
        return byId.State == StateTable.Dead ? byBytes : byBytes.State == StateTable.Dead ? byId : Union(byBytes, byId);
    }

    /// <summary>The byte, or 256 + the token, that begins the shortest end; -1 where the text may end.</summary>
    public int Nearest(Position position) => MayEnd(position) ? -1 : _table.Nearest(position.State);

    /// <summary>Writes the allowed tokens of text and those taken by their ids.</summary>
    /// <param name="position">Where the text stands.</param>
    /// <param name="allowed">A bit a token.</param>
    /// <param name="tokensLeft">Tokens behind which the text can't be ended with so many more are left out.</param>
    public void Mask(Position position, Span<ulong> allowed, int tokensLeft)
    {
        // Where the bytes that end any of the texts would do even one a token, nothing need be looked at.
        if (Mask(position, allowed) > tokensLeft)
        {
            _inTime.Mask(position, _tiers, allowed, tokensLeft);
        }
        if (_table[position.State].TakesTokens)
        {
            AddTokens(position, allowed, tokensLeft);
        }
    }

    /// <summary>Whether the text can be ended with so many tokens.</summary>
    public bool Suffices(Position position, int tokensLeft) => _inTime.Suffices(position, tokensLeft);

    /// <summary>The place that a state over a frame is.</summary>
    public Position Settle(GrammarState state, Frame? below) => Settle(new Position(state.Number, below));

    private int Mask(Position position, Span<ulong> allowed)
    {
        allowed.Clear();
        int longest = 0;
        long cached = 0;
        foreach (TierMasks tier in _tiers)
        {
            longest = Math.Max(longest, tier.AddTo(position, allowed));
            cached += tier.CachedBytes;
        }
        if (cached > GrammarLimits.CachedMaskBytes)
        {
            foreach (TierMasks tier in _tiers)
            {
                tier.Clear();
            }
        }
        return longest;
    }

    /// <summary>Whether a grammar asks for just this token, not for any other than some.</summary>
    private bool IsNamed(Position position, int token)
    {
        _firstTokens.Clear();
        _table.FirstTokens(position.State, _firstTokens);
        return _firstTokens.Contains(token);
    }

    private void AddTokens(Position position, Span<ulong> allowed, int tokensLeft)
    {
        _firstTokens.Clear();
        _table.FirstTokens(position.State, _firstTokens);
        foreach (int token in _firstTokens)
        {
            if (token >= 0)
            {
                AddToken(position, token, allowed, tokensLeft);
                continue;
            }
            for (int other = 0; other < Vocabulary.Count; other++)
            {
                if (other != -1 - token && Array.IndexOf(Vocabulary.EndIds, other) < 0)
                {
                    AddToken(position, other, allowed, tokensLeft);
                }
            }
        }
    }

    private void AddToken(Position position, int id, Span<ulong> allowed, int tokensLeft)
    {
        if (id < Vocabulary.Count && (tokensLeft >= Constraint.NoLimit - 1 || Suffices(StepToken(position, id), tokensLeft)))
        {
            allowed[id >> 6] |= 1UL << (id & 63);
        }
    }

    /// <summary>
    /// Leaves ended rules and takes from the state the returns that all its ways share: equal places then have equal states.
    /// </summary>
    private Position Settle(Position position)
    {
        while (_table[position.State].Exits && position.Below is { } frame)
        {
            position = new Position(_table.Lift(position.State, frame.Return), frame.Below);
        }
        (int state, int[] returns) = _table.Rebase(position.State);
        Frame? below = position.Below;
        foreach (int follow in returns)
        {
            below = new Frame(follow, _rules.Store.Shortest(follow), below);
        }
        return new Position(state, below);
    }

    private Position Union(Position x, Position y)
    {
        while (!ReferenceEquals(x.Below, y.Below))
        {
            if ((x.Below?.Depth ?? 0) >= (y.Below?.Depth ?? 0))
            {
                x = new Position(_table.Lift(x.State, x.Below!.Return), x.Below.Below);
            }
            else
            {
                y = new Position(_table.Lift(y.State, y.Below!.Return), y.Below.Below);
            }
        }
        return Settle(new Position(_table.Union(x.State, y.State), x.Below));
    }
}
