namespace Realm.Grammars;

/// <summary>
/// Whether a text can come of a grammar's tokens: all ways of cutting it into tokens are followed at once, place after place. Of one use.
/// </summary>
/// <param name="grammar">The grammar.</param>
/// <param name="writesMarkers">Whether tokens that are no text are written out in the text; else they leave no trace there.</param>
internal sealed class ProducedText(Grammar grammar, bool writesMarkers)
{
    private readonly Dictionary<(int Return, Frame? Below), Frame> _frames = [];
    private readonly HashSet<Frame> _known = [];
    private List<Place>?[] _places = [];

    /// <summary>Where a text may stand in the grammar behind its first bytes, and what is spent of each budget.</summary>
    private readonly record struct Place(Position Position, TextBudgets Budgets);

    /// <summary>Whether exactly this text may be what a generation gives.</summary>
    /// <exception cref="RealmException">E_LIMIT: too many ways, or too long a step.</exception>
    public bool Test(ReadOnlySpan<byte> text)
    {
        lock (grammar.Lock)
        {
            _places = new List<Place>?[text.Length + 1];
            var budgets = new TextBudgets(grammar);
            grammar.BeginStep();
            Reach(0, budgets.Spend(grammar.Start), budgets);
            for (int at = 0; at < text.Length; at++)
            {
                grammar.BeginStep();
                // It may grow meanwhile, by tokens that leave no trace.
                for (int i = 0; i < (_places[at]?.Count ?? 0); i++)
                {
                    GoOn(text, at, _places[at]![i]);
                }
                _places[at] = null;
            }
            List<Place> ends = _places[text.Length] ?? [];
            for (int i = 0; i < ends.Count; i++)
            {
                if (grammar.MayEnd(ends[i].Position))
                {
                    return true;
                }
                GoOn(text, text.Length, ends[i]);
            }
            return false;
        }
    }

    private void GoOn(ReadOnlySpan<byte> text, int at, Place from)
    {
        bool takesTokens = grammar.StateOf(from.Position).TakesTokens;
        Follow(grammar.Vocabulary.All, text, at, from, byId: takesTokens);
        if (takesTokens && writesMarkers)
        {
            Follow(grammar.Vocabulary.Markers, text, at, from, byId: true);
        }
        else if (takesTokens)
        {
            foreach (int token in grammar.NamedTokens(from.Position))
            {
                if (!grammar.Vocabulary.IsText(token))
                {
                    Take(token, at, from);
                }
            }
        }
    }

    /// <summary>Takes each token of a trie that stands in a place.</summary>
    private void Follow(TokenTrie trie, ReadOnlySpan<byte> text, int at, Place from, bool byId)
    {
        Position position = from.Position;
        for (int i = at, first = 0, end = trie.Nodes.Length; i < text.Length; first++)
        {
            while (first < end && trie.Nodes[first].Value != text[i])
            {
                first = trie.Nodes[first].End;
            }
            if (first >= end)
            {
                return;
            }
            if (!byId)
            {
                position = grammar.Step(position, text[i]);
                if (position.State == StateTable.Dead)
                {
                    return;
                }
            }
            i++;
            end = trie.Nodes[first].End;
            for (int token = trie.Nodes[first].Token; token >= 0; token = byId ? trie.NextSame(token) : -1)
            {
                if (byId)
                {
                    Take(token, i, from);
                    continue;
                }
                TextBudgets budgets = from.Budgets.Copy();
                Reach(i, budgets.Spend(position), budgets);
            }
        }
    }

    private void Take(int token, int to, Place from)
    {
        Position next = grammar.StepToken(from.Position, token);
        if (next.State != StateTable.Dead)
        {
            TextBudgets budgets = from.Budgets.Copy();
            Reach(to, budgets.Spend(next), budgets);
        }
    }

    private void Reach(int at, Position position, TextBudgets budgets)
    {
        List<Place> places = _places[at] ??= [];
        position = new Position(position.State, Same(position.Below));
        foreach (Place place in places)
        {
            if (place.Position == position && place.Budgets.Equals(budgets))
            {
                return;
            }
        }
        if (places.Count == GrammarLimits.Threads)
        {
            throw new RealmException(ErrorCode.Limit,
                $"the text can be read in more than {GrammarLimits.Threads} ways at once; make the grammar less ambiguous");
        }
        places.Add(new Place(position, budgets));
    }

    /// <summary>One frame for all that say the same.</summary>
    private Frame? Same(Frame? frame)
    {
        var deep = new Stack<Frame>();
        for (; frame != null && !_known.Contains(frame); frame = frame.Below)
        {
            deep.Push(frame);
        }
        while (deep.TryPop(out Frame? next))
        {
            (int Return, Frame? Below) key = (next.Return, frame);
            if (!_frames.TryGetValue(key, out Frame? known))
            {
                _frames[key] = known = ReferenceEquals(next.Below, frame) ? next : next.Over(frame);
                _known.Add(known);
            }
            frame = known;
        }
        return frame;
    }
}
