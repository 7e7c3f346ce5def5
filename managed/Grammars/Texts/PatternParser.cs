using System.Globalization;

namespace Realm.Grammars.Texts;

/// <summary>
/// Reads regular expressions as ECMAScript 2024 does with the flag u, and without it where that is harmless (braces that are no
/// repetition). Groups capture nothing; back references and looking behind are errors.
/// </summary>
internal sealed class PatternParser
{
    private readonly GrammarReader _reader;
    private readonly bool _ignoresCase;
    private readonly bool _dotTakesAll;

    private PatternParser(string pattern, bool ignoresCase, bool dotTakesAll)
    {
        _reader = new GrammarReader(pattern, "pattern");
        _ignoresCase = ignoresCase;
        _dotTakesAll = dotTakesAll;
    }

    /// <exception cref="RealmException">E_INVALID_ARGUMENT: no regular expression; E_UNSUPPORTED: one that is not regular;
    /// E_LIMIT.</exception>
    public static PatternNode Parse(string pattern, bool ignoresCase = false, bool dotTakesAll = false)
    {
        var parser = new PatternParser(pattern, ignoresCase, dotTakesAll);
        PatternNode node = parser.Choice();
        return parser._reader.AtEnd ? node : throw parser._reader.Error("unexpected ')'");
    }

    private PatternNode Choice()
    {
        _reader.Enter();
        var alternatives = new List<PatternNode> { Sequence() };
        while (_reader.Take('|'))
        {
            alternatives.Add(Sequence());
        }
        _reader.Leave();
        return PatternNode.Of(PatternKind.Choice, [.. alternatives]);
    }

    private PatternNode Sequence()
    {
        var parts = new List<PatternNode>();
        while (!_reader.AtEnd && _reader.Peek is not '|' and not ')')
        {
            PatternNode part = Atom();
            parts.Add(Repeated(part));
        }
        return PatternNode.Of(PatternKind.Sequence, [.. parts]);
    }

    private PatternNode Repeated(PatternNode part)
    {
        int least, most;
        if (_reader.Take('*'))
        {
            (least, most) = (0, ExpressionStore.NoEnd);
        }
        else if (_reader.Take('+'))
        {
            (least, most) = (1, ExpressionStore.NoEnd);
        }
        else if (_reader.Take('?'))
        {
            (least, most) = (0, 1);
        }
        else if (!TakeCounts(out least, out most))
        {
            return part;
        }
        _reader.Take('?');
        // Another one behind it would repeat nothing: it is read as a part of its own.
        if (part.Kind is PatternKind.Start or PatternKind.End or PatternKind.Boundary or PatternKind.NoBoundary)
        {
            throw _reader.Error("nothing to repeat");
        }
        return PatternNode.Repeat(part, least, most);
    }

    /// <summary>{m}, {m,} or {m,n}; braces that are nothing of these are characters.</summary>
    private bool TakeCounts(out int least, out int most)
    {
        least = most = 0;
        int at = 1;
        while (char.IsAsciiDigit(_reader.PeekAt(at)))
        {
            at++;
        }
        if (_reader.Peek != '{' || at == 1 || _reader.PeekAt(at) is not ',' and not '}')
        {
            return false;
        }
        int end = at;
        while (_reader.PeekAt(end) == ',' && end == at || char.IsAsciiDigit(_reader.PeekAt(end)))
        {
            end++;
        }
        if (_reader.PeekAt(end) != '}')
        {
            return false;
        }
        _reader.Position++;
        least = most = _reader.TakeNumber("a number of repetitions");
        if (_reader.Take(','))
        {
            most = _reader.Peek == '}' ? ExpressionStore.NoEnd : _reader.TakeNumber("a number of repetitions");
        }
        _reader.Expect("}");
        if (most < least)
        {
            throw _reader.Error($"numbers out of order: {{{least},{most}}}");
        }
        return true;
    }

    private PatternNode Atom()
    {
        switch (_reader.Peek)
        {
            case '(':
                return Group();
            case '[':
                _reader.Position++;
                return Character(Class());
            case '.':
                _reader.Position++;
                return PatternNode.Of(_dotTakesAll ? CodePoints.All : CodePoints.LineEnds.Complement());
            case '^':
                _reader.Position++;
                return PatternNode.Of(PatternKind.Start);
            case '$':
                _reader.Position++;
                return PatternNode.Of(PatternKind.End);
            case '*' or '+' or '?':
                throw _reader.Error("nothing to repeat");
            case '{' when TakeCounts(out _, out _):
                throw _reader.Error("nothing to repeat");
            case '\\':
                _reader.Position++;
                if (_reader.Take('b'))
                {
                    return PatternNode.Of(PatternKind.Boundary);
                }
                return _reader.Take('B') ? PatternNode.Of(PatternKind.NoBoundary) : Character(Escape(inClass: false));
            default:
                int point = _reader.TakePoint();
                return Character(CodePoints.Of((point, point)));
        }
    }

    private PatternNode Character(CodePoints points) => PatternNode.Of(_ignoresCase ? points.IgnoringCase() : points);

    private PatternNode Group()
    {
        _reader.Position++;
        PatternKind? look = null;
        if (_reader.Take('?'))
        {
            if (_reader.Looks("<=") || _reader.Looks("<!"))
            {
                throw Unsupported("looking behind");
            }
            if (_reader.Take('='))
            {
                look = PatternKind.Ahead;
            }
            else if (_reader.Take('!'))
            {
                look = PatternKind.NotAhead;
            }
            else if (_reader.Take('<') || _reader.Take("P<"))
            {
                if (char.IsDigit(_reader.Peek) || _reader.TakeWhile(c => char.IsLetterOrDigit(c) || c is '_' or '$').Length == 0)
                {
                    throw _reader.Error("expected the name of a group");
                }
                _reader.Expect(">");
            }
            else if (!_reader.Take(':'))
            {
                throw _reader.Error("unknown kind of group");
            }
        }
        PatternNode inside = Choice();
        _reader.Expect(")");
        return look is { } kind ? PatternNode.Of(kind, inside) : inside;
    }

    private CodePoints Class()
    {
        bool negated = _reader.Take('^');
        var ranges = new List<(int, int)>();
        while (!_reader.Take(']'))
        {
            CodePoints first = ClassMember(out bool isOne);
            if (_reader.Peek == '-' && _reader.PeekAt(1) != ']' && _reader.PeekAt(1) != '\0')
            {
                int dash = _reader.Position++;
                CodePoints last = ClassMember(out bool isOneToo);
                if (!isOne || !isOneToo)
                {
                    // As without the flag u: a dash beside a class is a dash.
                    _reader.Position = dash + 1;
                    ranges.AddRange(first.Ranges);
                    ranges.Add(('-', '-'));
                    continue;
                }
                if (first.IsEmpty || last.IsEmpty || first.Ranges[0].First > last.Ranges[0].First)
                {
                    throw _reader.Error("range out of order in a class");
                }
                ranges.Add((first.Ranges[0].First, last.Ranges[0].First));
                continue;
            }
            ranges.AddRange(first.Ranges);
        }
        CodePoints points = CodePoints.Of([.. ranges]);
        if (negated)
        {
            points = (_ignoresCase ? points.IgnoringCase() : points).Complement();
        }
        return points;
    }

    private CodePoints ClassMember(out bool isOne)
    {
        if (_reader.Take('\\'))
        {
            if (_reader.Take('b'))
            {
                isOne = true;
                return CodePoints.Of((8, 8));
            }
            isOne = _reader.Peek is not ('d' or 'D' or 'w' or 'W' or 's' or 'S' or 'p' or 'P');
            return Escape(inClass: true);
        }
        isOne = true;
        int point = _reader.TakePoint();
        return CodePoints.Of((point, point));
    }

    /// <summary>What an escape stands for; the backslash is behind.</summary>
    private CodePoints Escape(bool inClass)
    {
        int start = _reader.Position;
        int escape = _reader.TakePoint();
        switch (escape)
        {
            case 'd':
                return CodePoints.Digits;
            case 'D':
                return CodePoints.Digits.Complement();
            case 'w':
                return CodePoints.Word;
            case 'W':
                return CodePoints.Word.Complement();
            case 's':
                return CodePoints.Space;
            case 'S':
                return CodePoints.Space.Complement();
            case 'p' or 'P':
                CodePoints property = Property();
                return escape == 'P' ? property.Complement() : property;
            case >= '1' and <= '9':
                throw Unsupported("a back reference");
            case 'k':
                throw Unsupported("a back reference");
        }
        int point = escape switch
        {
            't' => '\t',
            'n' => '\n',
            'v' => '\v',
            'f' => '\f',
            'r' => '\r',
            '0' when !char.IsAsciiDigit(_reader.Peek) => 0,
            'c' when char.IsAsciiLetter(_reader.Peek) => _reader.TakePoint() & 31,
            'x' => _reader.TakeHex(2),
            'u' => Unicode(),
            _ => -1,
        };
        if (point < 0 && (escape < 128 && char.IsAsciiLetterOrDigit((char)escape)))
        {
            _reader.Position = start;
            throw _reader.Error("unknown escape");
        }
        point = point < 0 ? escape : point;
        return CodePoints.Of((point, point));
    }

    private int Unicode()
    {
        if (_reader.Take('{'))
        {
            int value = 0, digits = 0;
            for (; char.IsAsciiHexDigit(_reader.Peek) && value <= CodePoints.Last; digits++)
            {
                value = value * 16 + Convert.ToInt32(_reader.Peek.ToString(), 16);
                _reader.Position++;
            }
            _reader.Expect("}");
            return digits > 0 ? _reader.CheckPoint(value) : throw _reader.Error("expected hexadecimal digits");
        }
        int start = _reader.Position;
        int high = Four();
        if (high is >= 0xD800 and < 0xDC00 && _reader.Take("\\u"))
        {
            int low = Four();
            if (low is >= 0xDC00 and < 0xE000)
            {
                return char.ConvertToUtf32((char)high, (char)low);
            }
        }
        if (high is >= 0xD800 and < 0xE000)
        {
            _reader.Position = start;
            throw Unsupported("half of a surrogate pair");
        }
        return high;

        int Four()
        {
            int value = 0;
            for (int i = 0; i < 4; i++)
            {
                if (!char.IsAsciiHexDigit(_reader.Peek))
                {
                    throw _reader.Error("expected 4 hexadecimal digits");
                }
                value = value * 16 + Convert.ToInt32(_reader.Peek.ToString(), 16);
                _reader.Position++;
            }
            return value;
        }
    }

    private CodePoints Property()
    {
        _reader.Expect("{");
        string name = _reader.TakeWhile(c => c != '}');
        _reader.Expect("}");
        return UnicodeProperties.Find(name) ?? throw Unsupported($"the Unicode property '{name}'");
    }

    private RealmException Unsupported(string what)
    {
        RealmException where = _reader.Error($"{what} can't be held by an automaton");
        return new RealmException(ErrorCode.Unsupported, where.Message);
    }
}
