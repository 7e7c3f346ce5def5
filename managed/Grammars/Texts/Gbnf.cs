namespace Realm.Grammars.Texts;

/// <summary>
/// GBNF, the grammar notation of llama.cpp (its grammars/README.md): rules <c>name ::= alternatives</c> over characters, with classes,
/// groups, repetitions, and tokens by text or id. As there, a rule may not begin with itself; other than there, every count is kept.
/// </summary>
internal sealed class Gbnf
{
    private readonly GrammarRules _rules;
    private readonly ExpressionStore _store;
    private readonly TokenVocabulary? _vocabulary;
    private readonly GrammarReader _reader;
    private readonly Dictionary<string, int> _numbers = [];
    private readonly Dictionary<int, string> _undefined = [];

    private Gbnf(string text, GrammarRules rules, TokenVocabulary? vocabulary)
    {
        _rules = rules;
        _store = rules.Store;
        _vocabulary = vocabulary;
        _reader = new GrammarReader(text, "GBNF");
    }

    /// <summary>Adds a grammar's rules, of which the first is <c>root</c>.</summary>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: what is wrong, and where; E_LIMIT.</exception>
    public static void Read(string text, GrammarRules rules, TokenVocabulary? vocabulary)
    {
        new Gbnf(text, rules, vocabulary).Read();
    }

    private void Read()
    {
        int root = Number("root");
        SkipSpace(lines: true);
        while (!_reader.AtEnd)
        {
            ReadRule();
        }
        if (_undefined.TryGetValue(root, out _))
        {
            throw new RealmException(ErrorCode.InvalidArgument, "GBNF: there is no rule 'root', which the whole text must be");
        }
        foreach (string name in _undefined.Values)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"GBNF: rule '{name}' is used but nowhere defined");
        }
        if (LeftRecursion.IsIn(_rules, out int where))
        {
            foreach ((string name, int number) in _numbers)
            {
                if (number == where)
                {
                    throw new RealmException(ErrorCode.InvalidArgument,
                        $"GBNF: rule '{name}' begins with itself (left recursion); write the repetition with * or + instead");
                }
            }
        }
    }

    private void ReadRule()
    {
        string name = TakeName();
        SkipSpace(lines: false);
        _reader.Expect("::=");
        SkipSpace(lines: true);
        int body = Alternatives(nested: false);
        if (!_reader.AtEnd && !_reader.Take("\r\n") && !_reader.Take('\n') && !_reader.Take('\r'))
        {
            throw _reader.Error("expected the end of the line");
        }
        int number = Number(name);
        _undefined.Remove(number);
        _rules[number] = body;
        SkipSpace(lines: true);
    }

    private int Alternatives(bool nested)
    {
        _reader.Enter();
        var alternatives = new List<int> { Symbols(nested) };
        while (_reader.Take('|'))
        {
            SkipSpace(lines: true);
            alternatives.Add(Symbols(nested));
        }
        _reader.Leave();
        return _store.Choice([.. alternatives]);
    }

    private int Symbols(bool nested)
    {
        var parts = new List<int>();
        while (true)
        {
            char next = _reader.Peek;
            if (_reader.AtEnd)
            {
                break;
            }
            if (next is '*' or '+' or '?' or '{')
            {
                if (parts.Count == 0)
                {
                    throw _reader.Error($"expected something before '{next}'");
                }
                parts[^1] = Repetition(parts[^1], nested);
                continue;
            }
            int? symbol = Symbol(next, nested);
            if (symbol == null)
            {
                break;
            }
            parts.Add(symbol.Value);
            SkipSpace(nested);
        }
        return _store.Sequence([.. parts]);
    }

    private int? Symbol(char next, bool nested)
    {
        switch (next)
        {
            case '"':
                return Text();
            case '[':
                return Class();
            case '<' or '!':
                return Token();
            case '.':
                _reader.Position++;
                return Utf8.Expression(_store, CodePoints.All);
            case '(':
                _reader.Position++;
                SkipSpace(lines: true);
                int group = Alternatives(nested: true);
                _reader.Expect(")");
                return group;
            default:
                return IsNamed(next) ? _store.Call(Number(TakeName())) : null;
        }
    }

    private int Text()
    {
        _reader.Position++;
        var bytes = new List<byte>();
        Span<byte> encoded = stackalloc byte[4];
        while (!_reader.Take('"'))
        {
            int length = Utf8.Encode(Character(), encoded);
            bytes.AddRange(encoded[..length]);
        }
        return _store.Literal(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
    }

    private int Class()
    {
        _reader.Position++;
        bool negated = _reader.Take('^');
        var ranges = new List<(int, int)>();
        while (!_reader.Take(']'))
        {
            int first = Character(), last = first;
            if (_reader.Peek == '-' && _reader.PeekAt(1) != ']')
            {
                _reader.Position++;
                last = Character();
            }
            ranges.Add((first, last));
        }
        CodePoints points = CodePoints.Of([.. ranges]);
        return Utf8.Expression(_store, negated ? points.Complement() : points);
    }

    private int Character()
    {
        if (!_reader.Take('\\'))
        {
            return _reader.TakePoint();
        }
        int escape = _reader.TakePoint();
        switch (escape)
        {
            case 'x':
                return _reader.TakeHex(2);
            case 'u':
                return _reader.TakeHex(4);
            case 'U':
                return _reader.TakeHex(8);
            case 't':
                return '\t';
            case 'r':
                return '\r';
            case 'n':
                return '\n';
            case '\\' or '"' or '[' or ']' or '-':
                return escape;
            default:
                _reader.Position -= 2;
                throw _reader.Error("unknown escape");
        }
    }

    private int Token()
    {
        bool other = _reader.Take('!');
        _reader.Expect("<");
        int id;
        if (_reader.Take('['))
        {
            id = _reader.TakeNumber("the id of a token");
            _reader.Expect("]>");
            if (_vocabulary != null && id >= _vocabulary.Count)
            {
                throw _reader.Error($"token {id} is not in the vocabulary of {_vocabulary.Count} tokens");
            }
        }
        else
        {
            string text = "<" + _reader.TakeWhile(c => c != '>') + ">";
            _reader.Expect(">");
            id = _vocabulary?.Find(text) ?? throw _reader.Error($"{text} can't be known without a vocabulary");
            if (id < 0)
            {
                throw _reader.Error($"{text} is not a single token of the vocabulary");
            }
        }
        return _store.Token(id, other);
    }

    private int Repetition(int part, bool nested)
    {
        int least = 0, most = ExpressionStore.NoEnd;
        switch (_reader.TakePoint())
        {
            case '+':
                least = 1;
                break;
            case '?':
                most = 1;
                break;
            case '{':
                SkipSpace(nested);
                least = most = _reader.TakeNumber("a number of repetitions");
                SkipSpace(nested);
                if (_reader.Take(','))
                {
                    SkipSpace(nested);
                    most = char.IsAsciiDigit(_reader.Peek) ? _reader.TakeNumber("a number of repetitions") : ExpressionStore.NoEnd;
                    SkipSpace(nested);
                }
                _reader.Expect("}");
                break;
        }
        if (most < least)
        {
            throw _reader.Error($"{{{least},{most}}} repeats at least more often than at most");
        }
        SkipSpace(nested);
        return _store.Repeat(part, least, most);
    }

    private string TakeName()
    {
        string name = _reader.TakeWhile(IsNamed);
        return name.Length > 0 ? name : throw _reader.Error("expected the name of a rule");
    }

    private static bool IsNamed(char c) => char.IsAsciiLetterOrDigit(c) || c == '-';

    private int Number(string name)
    {
        if (!_numbers.TryGetValue(name, out int number))
        {
            _numbers[name] = number = _rules.Add();
            _undefined[number] = name;
        }
        return number;
    }

    private void SkipSpace(bool lines)
    {
        while (!_reader.AtEnd)
        {
            char next = _reader.Peek;
            if (next == '#')
            {
                _reader.TakeWhile(c => c is not '\r' and not '\n');
            }
            else if (next is ' ' or '\t' || lines && next is '\r' or '\n')
            {
                _reader.Position++;
            }
            else
            {
                break;
            }
        }
    }
}
