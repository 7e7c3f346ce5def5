namespace Realm.Grammars;

/// <summary>A text bound by a <see cref="Grammar"/>.</summary>
internal sealed class GrammarConstraint : Constraint
{
    private readonly Grammar _grammar;
    private readonly TextBudgets _budgets;
    private Position _position;

    public GrammarConstraint(Grammar grammar)
        : this(grammar, new TextBudgets(grammar), grammar.Start)
    {
        lock (grammar.Lock)
        {
            grammar.BeginStep();
            _position = _budgets.Spend(_position);
        }
    }

    private GrammarConstraint(Grammar grammar, TextBudgets budgets, Position position)
    {
        _grammar = grammar;
        _budgets = budgets;
        _position = position;
    }

    public override bool MayEnd
    {
        get
        {
            lock (_grammar.Lock)
            {
                return _grammar.MayEnd(_position);
            }
        }
    }

    public override bool IsComplete
    {
        get
        {
            lock (_grammar.Lock)
            {
                return _grammar.IsComplete(_position);
            }
        }
    }

    public override int TokensToEnd
    {
        get
        {
            lock (_grammar.Lock)
            {
                _grammar.BeginStep();
                return _grammar.TokensFrom(_position);
            }
        }
    }

    public override void Mask(Span<ulong> allowed, int tokensLeft = NoLimit)
    {
        lock (_grammar.Lock)
        {
            _grammar.BeginStep();
            // Rows of logits may be longer than the vocabulary: what is beyond it is no token.
            allowed[_grammar.Vocabulary.MaskWords..].Clear();
            allowed = allowed[.._grammar.Vocabulary.MaskWords];
            _grammar.Mask(_position, allowed, tokensLeft - 1);
            if (_grammar.MayEnd(_position))
            {
                foreach (int id in _grammar.Vocabulary.EndIds)
                {
                    allowed[id >> 6] |= 1UL << (id & 63);
                }
            }
        }
    }

    public override void Accept(int token)
    {
        lock (_grammar.Lock)
        {
            _grammar.BeginStep();
            if (Array.IndexOf(_grammar.Vocabulary.EndIds, token) >= 0 && _grammar.MayEnd(_position))
            {
                return;
            }
            Position next = _grammar.StepToken(_position, token);
            if (next.State == StateTable.Dead)
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"token {token} is not allowed by the format in this place");
            }
            _position = _budgets.Spend(next);
        }
    }

    public override bool Forced(List<int> tokens, Func<byte[], int[]> encode, int tokensLeft = NoLimit)
    {
        lock (_grammar.Lock)
        {
            _grammar.BeginStep();
            return _grammar.IsComplete(new ForcedText(_grammar, encode, tokens, tokensLeft).Run(_position));
        }
    }

    public override Constraint Fork() => new GrammarConstraint(_grammar, _budgets.Copy(), _position);
}
