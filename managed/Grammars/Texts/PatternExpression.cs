namespace Realm.Grammars.Texts;

/// <summary>
/// Regular expressions as expressions over bytes. How a character is written is the caller's: plain UTF-8, or as in a JSON string.
/// Parts that stand alone are translated one by one; where anchors, looks ahead or word boundaries come in, what follows to the end of
/// the text is translated as one: a look ahead is then an intersection.
/// </summary>
internal sealed class PatternExpression
{
    /// <summary>What stood before a place, as word boundaries ask for it.</summary>
    private enum Before
    {
        Start,
        Word,
        NoWord,
        Unknown,
    }

    private readonly ExpressionStore _store;
    private readonly Func<CodePoints, int> _character;
    private readonly int _any;
    private readonly int _anything;

    /// <param name="store">Where the expressions are made.</param>
    /// <param name="character">One character of a set, as the text writes it.</param>
    public PatternExpression(ExpressionStore store, Func<CodePoints, int> character)
    {
        _store = store;
        _character = character;
        _any = character(CodePoints.All);
        _anything = store.Star(_any);
    }

    /// <summary>The texts that as a whole are one of the pattern's.</summary>
    public int Whole(PatternNode pattern) => pattern.NeedsContext ? Tail([pattern], 0, Before.Start, toEnd: true) : Alone(pattern);

    /// <summary>The texts somewhere in which one of the pattern's is.</summary>
    public int Anywhere(PatternNode pattern)
    {
        if (!pattern.NeedsContext)
        {
            return _store.Sequence(_anything, Alone(pattern), _anything);
        }
        int atStart = Tail([pattern], 0, Before.Start, toEnd: false);
        if (!HasBoundary(pattern))
        {
            int later = Tail([pattern], 0, Before.Unknown, toEnd: false);
            return _store.Choice(atStart, _store.Sequence(_any, _anything, later));
        }
        int word = _character(CodePoints.Word), other = _character(CodePoints.Word.Complement());
        return _store.Choice(atStart,
            _store.Sequence(_anything, word, Tail([pattern], 0, Before.Word, toEnd: false)),
            _store.Sequence(_anything, other, Tail([pattern], 0, Before.NoWord, toEnd: false)));
    }

    /// <summary>A part that nothing around decides about.</summary>
    private int Alone(PatternNode node)
    {
        switch (node.Kind)
        {
            case PatternKind.Class:
                return _character(node.Points);
            case PatternKind.Sequence:
                int sequence = ExpressionStore.Empty;
                for (int i = node.Parts.Length - 1; i >= 0; i--)
                {
                    sequence = _store.Sequence(Alone(node.Parts[i]), sequence);
                }
                return sequence;
            case PatternKind.Choice:
                return _store.Choice(Array.ConvertAll(node.Parts, Alone));
            default:
                return _store.Repeat(Alone(node.Parts[0]), node.Least, node.Most);
        }
    }

    /// <summary>What may follow from a part on to the end of the text.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="index">The first of them that is still to come.</param>
    /// <param name="before">What stands before.</param>
    /// <param name="toEnd">Whether the last part must reach the end.</param>
    private int Tail(PatternNode[] parts, int index, Before before, bool toEnd)
    {
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RealmException(ErrorCode.Limit, "the pattern is nested too deeply; make it flatter");
        }
        if (index == parts.Length)
        {
            return toEnd ? ExpressionStore.Empty : _anything;
        }
        int plainEnd = index;
        while (plainEnd < parts.Length && !parts[plainEnd].NeedsContext)
        {
            plainEnd++;
        }
        bool endsThere = plainEnd == parts.Length - 1 && parts[plainEnd].Kind == PatternKind.End;
        if (plainEnd == parts.Length || endsThere)
        {
            int rest = toEnd || endsThere ? ExpressionStore.Empty : _anything;
            for (int i = plainEnd - 1; i >= index; i--)
            {
                rest = _store.Sequence(Alone(parts[i]), rest);
            }
            return rest;
        }
        PatternNode part = parts[index];
        switch (part.Kind)
        {
            case PatternKind.Sequence:
                return Tail([.. part.Parts, .. parts[(index + 1)..]], 0, before, toEnd);
            case PatternKind.Choice when part.NeedsContext || HasBoundary(parts, index + 1):
                return _store.Choice(Array.ConvertAll(part.Parts, each => Tail([each, .. parts[(index + 1)..]], 0, before, toEnd)));
            case PatternKind.Start:
                return before == Before.Start ? Tail(parts, index + 1, before, toEnd) : ExpressionStore.Nothing;
            case PatternKind.End:
                return _store[Tail(parts, index + 1, before, toEnd)].IsNullable ? ExpressionStore.Empty : ExpressionStore.Nothing;
            case PatternKind.Ahead:
                return _store.Both(Tail(parts, index + 1, before, toEnd), Tail(part.Parts, 0, before, toEnd: false));
            case PatternKind.NotAhead:
                return _store.Both(Tail(parts, index + 1, before, toEnd), _store.Not(Tail(part.Parts, 0, before, toEnd: false)));
            case PatternKind.Boundary or PatternKind.NoBoundary:
                return AtBoundary(part.Kind == PatternKind.Boundary, Tail(parts, index + 1, before, toEnd), before);
            case PatternKind.Repeat when part.NeedsContext:
                return RepeatTail(parts, index, before, toEnd);
            default:
                int empty = part.MayBeEmpty ? Tail(parts, index + 1, before, toEnd) : ExpressionStore.Nothing;
                return _store.Choice(empty, Behind(part, parts, index, toEnd));
        }
    }

    /// <summary>A part with characters, and what follows it.</summary>
    private int Behind(PatternNode part, PatternNode[] parts, int index, bool toEnd)
    {
        if (!HasBoundary(parts, index + 1))
        {
            return _store.Sequence(Alone(part), Tail(parts, index + 1, Before.Unknown, toEnd));
        }
        if (part.Kind == PatternKind.Repeat)
        {
            // The last round decides.
            int most = part.Most == ExpressionStore.NoEnd ? part.Most : part.Most - 1;
            int rounds = _store.Repeat(Alone(part.Parts[0]), Math.Max(part.Least - 1, 0), most);
            return _store.Sequence(rounds, Behind(part.Parts[0], parts, index, toEnd));
        }
        if (part.Kind is PatternKind.Sequence or PatternKind.Choice)
        {
            return Tail([part, .. parts[(index + 1)..]], 0, Before.Unknown, toEnd);
        }
        CodePoints word = part.Points.Intersect(CodePoints.Word), other = part.Points.Intersect(CodePoints.Word.Complement());
        return _store.Choice(
            _store.Sequence(_character(word), Tail(parts, index + 1, Before.Word, toEnd)),
            _store.Sequence(_character(other), Tail(parts, index + 1, Before.NoWord, toEnd)));
    }

    private int AtBoundary(bool wanted, int tail, Before before)
    {
        if (before == Before.Unknown)
        {
            throw new RealmException(ErrorCode.Unsupported, "pattern: what stands before a word boundary (\\b) is not known in this place");
        }
        int wordFollows = _store.Sequence(_character(CodePoints.Word), _anything);
        int noneFollows = _store.Optional(_store.Sequence(_character(CodePoints.Word.Complement()), _anything));
        return _store.Both(tail, (before == Before.Word) != wanted ? wordFollows : noneFollows);
    }

    /// <summary>A repetition of parts with anchors or looks ahead in them.</summary>
    private int RepeatTail(PatternNode[] parts, int index, Before before, bool toEnd)
    {
        PatternNode repeat = parts[index], body = repeat.Parts[0];
        // (?!x)c repeated to the end: no x begins at any of the characters.
        if (body is { Kind: PatternKind.Sequence, Parts: [{ Kind: PatternKind.NotAhead } look, { Kind: PatternKind.Class } each] }
            && (index == parts.Length - 1 && toEnd || index == parts.Length - 2 && parts[^1].Kind == PatternKind.End))
        {
            int characters = _store.Repeat(_character(each.Points), repeat.Least, repeat.Most);
            int found = Tail(look.Parts, 0, Before.Unknown, toEnd: false);
            return _store.Both(characters, _store.Not(_store.Sequence(_anything, _store.Both(found, _store.Sequence(_any, _anything)))));
        }
        if (repeat.Most > 8)
        {
            throw new RealmException(ErrorCode.Unsupported,
                "pattern: an anchor, a look ahead or a word boundary is repeated; an automaton can't hold that in general");
        }
        int all = ExpressionStore.Nothing;
        var rounds = new List<PatternNode>();
        for (int count = 0; count <= repeat.Most; count++)
        {
            if (count >= repeat.Least)
            {
                all = _store.Choice(all, Tail([.. rounds, .. parts[(index + 1)..]], 0, before, toEnd));
            }
            rounds.Add(body);
        }
        return all;
    }

    private static bool HasBoundary(PatternNode[] parts, int from) => Array.Exists(parts[from..], HasBoundary);

    private static bool HasBoundary(PatternNode node)
    {
        return node.NeedsContext
            && (node.Kind is PatternKind.Boundary or PatternKind.NoBoundary || Array.Exists(node.Parts, HasBoundary));
    }
}
