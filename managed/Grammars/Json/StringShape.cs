using Realm.Grammars.Texts;

namespace Realm.Grammars.Json;

/// <summary>Strings as their characters between the quotes, with all that is asked of them met at once.</summary>
internal sealed class StringShape
{
    private readonly ExpressionStore _store;
    private readonly GrammarRules _rules;
    private readonly PatternExpression _patterns;
    private readonly Dictionary<string, PatternNode> _parsed = [];
    private readonly Dictionary<string, int> _anywhere = [];
    private readonly Dictionary<string, int> _formats = [];
    private readonly Dictionary<CodePoints, int> _characters = [];

    public StringShape(GrammarRules rules)
    {
        _rules = rules;
        _store = rules.Store;
        _patterns = new PatternExpression(_store, Character);
        AnyCharacter = Character(CodePoints.All);
        _store.AnyCharacters.Add(AnyCharacter);
        Anything = _store.Star(AnyCharacter);
    }

    public int AnyCharacter { get; }

    /// <summary>Any characters.</summary>
    public int Anything { get; }

    /// <summary>The strings somewhere in which a pattern is.</summary>
    /// <param name="where">Where it stands, for errors.</param>
    /// <param name="pattern">The pattern.</param>
    public int Pattern(JsonItem where, string pattern)
    {
        if (!_anywhere.TryGetValue(pattern, out int known))
        {
            _anywhere[pattern] = known = At(where, () => _patterns.Anywhere(Parse(pattern)));
        }
        return known;
    }

    /// <summary>The strings of a format; null where it is not known.</summary>
    public int? Format(JsonItem where)
    {
        if (StringFormats.Find(where.Text) is not { } pattern)
        {
            return null;
        }
        if (!_formats.TryGetValue(where.Text, out int known))
        {
            _formats[where.Text] = known = At(where, () => _patterns.Whole(Parse(pattern)));
        }
        return known;
    }

    /// <summary>A text as the characters of a string.</summary>
    public int Literal(string text) => _store.Literal(JsonText.Characters(text));

    /// <summary>The characters of the strings of a branch.</summary>
    public int Characters(SchemaBranch branch)
    {
        int least = branch.MinLength, most = branch.MaxLength;
        var parts = new List<int>();
        PatternNode? repeated = null;
        foreach ((JsonItem keyword, bool isDenied) in branch.Strings)
        {
            if (keyword.Name == "format")
            {
                if (Format(keyword) is { } format)
                {
                    parts.Add(isDenied ? _store.Not(format) : format);
                }
                else
                {
                    Note(keyword);
                }
                continue;
            }
            int pattern = Pattern(keyword, keyword.Text);
            if (!isDenied && Lengths(Parse(keyword.Text)) is { } lengths)
            {
                if (repeated == null && parts.Count == 0 && lengths.Each is { } each && branch.Strings.Count == 1)
                {
                    // One kind of character so often: the counts are met together as counts.
                    repeated = each;
                    least = Math.Max(least, lengths.Least);
                    most = Math.Min(most, lengths.Most);
                    continue;
                }
                least = lengths.Least >= least ? 0 : least;
                most = lengths.Most <= most ? int.MaxValue : most;
            }
            parts.Add(isDenied ? _store.Not(pattern) : pattern);
        }
        foreach (JsonItem value in branch.Excluded)
        {
            if (value.IsString)
            {
                parts.Add(_store.Not(Literal(value.Text)));
            }
        }
        if (least > most)
        {
            return ExpressionStore.Nothing;
        }
        bool isBounded = least > 0 || most != int.MaxValue;
        bool isPositive = parts.Exists(part => _store[part].Kind != ExpressionKind.Not);
        if (repeated != null || isBounded || !isPositive)
        {
            parts.Add(_store.Repeat(repeated != null ? Character(repeated.Points) : AnyCharacter, least, most));
        }
        return parts.Count == 1 ? parts[0] : _store.Both([.. parts]);
    }

    /// <summary>Whether a text is among strings given by their characters.</summary>
    public bool IsIn(int expression, string text)
    {
        foreach (byte value in JsonText.Characters(text))
        {
            expression = _store.Derivative(expression, value);
        }
        return _store[expression].IsNullable;
    }

    private void Note(JsonItem keyword)
    {
        string warning = $"schema {keyword.Pointer}: the format '{keyword.Text}' is not checked";
        if (_rules.Warnings.Count < 100 && !_rules.Warnings.Contains(warning))
        {
            _rules.Warnings.Add(warning);
        }
    }

    private int Character(CodePoints points)
    {
        if (!_characters.TryGetValue(points, out int known))
        {
            _characters[points] = known = JsonText.Character(_store, points);
        }
        return known;
    }

    private PatternNode Parse(string pattern)
    {
        if (!_parsed.TryGetValue(pattern, out PatternNode? node))
        {
            _parsed[pattern] = node = PatternParser.Parse(pattern);
        }
        return node;
    }

    private static int At(JsonItem where, Func<int> make)
    {
        try
        {
            return make();
        }
        catch (RealmException e) when (!e.Message.StartsWith("schema", StringComparison.Ordinal)
            && e.Code is ErrorCode.InvalidArgument or ErrorCode.Unsupported or ErrorCode.Limit)
        {
            throw new SchemaException(e.Code, where, e.Message);
        }
    }

    /// <summary>
    /// How long the texts of a pattern from ^ to $ are, and whether they are one kind of character repeated; null for other patterns.
    /// </summary>
    private static (int Least, int Most, PatternNode? Each)? Lengths(PatternNode pattern)
    {
        if (pattern is not { Kind: PatternKind.Sequence, Parts: [{ Kind: PatternKind.Start }, .., { Kind: PatternKind.End }] parts })
        {
            return null;
        }
        long least = 0, most = 0;
        foreach (PatternNode part in parts[1..^1])
        {
            if (part.NeedsContext)
            {
                return null;
            }
            (long Least, long Most) length = Length(part);
            least += length.Least;
            most += length.Most;
        }
        PatternNode? each = parts.Length != 3 ? null
            : parts[1].Kind == PatternKind.Class ? parts[1]
            : parts[1] is { Kind: PatternKind.Repeat, Parts: [{ Kind: PatternKind.Class } repeated] } ? repeated : null;
        return ((int)Math.Min(least, int.MaxValue - 1), (int)Math.Min(most, int.MaxValue), each);
    }

    private static (long Least, long Most) Length(PatternNode node)
    {
        const long Endless = long.MaxValue / 4;
        switch (node.Kind)
        {
            case PatternKind.Class:
                return (1, 1);
            case PatternKind.Sequence or PatternKind.Choice:
                long least = node.Kind == PatternKind.Choice ? Endless : 0, most = 0;
                foreach (PatternNode part in node.Parts)
                {
                    (long Least, long Most) length = Length(part);
                    least = node.Kind == PatternKind.Choice ? Math.Min(least, length.Least) : least + length.Least;
                    most = node.Kind == PatternKind.Choice ? Math.Max(most, length.Most) : most + length.Most;
                }
                return (Math.Min(least, Endless), Math.Min(most, Endless));
            default:
                (long Least, long Most) each = Length(node.Parts[0]);
                bool isEndless = node.Most == ExpressionStore.NoEnd && each.Most > 0 || each.Most >= Endless;
                return (Math.Min(Endless, each.Least * node.Least), isEndless ? Endless : Math.Min(Endless, each.Most * node.Most));
        }
    }
}
