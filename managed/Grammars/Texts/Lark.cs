using System.Text;
using System.Text.Json;

namespace Realm.Grammars.Texts;

/// <summary>
/// Lark grammars, as llguidance reads them: rules in lower case, terminals in upper case, regular expressions, <c>%ignore</c>,
/// <c>%import common</c>,
/// <c>%json</c>, <c>%regex</c>, templates of rules, tokens by text and id. Terminals are regular, may be met together (<c>&amp;</c>) and denied (<c>~</c>). Rules may
/// begin with themselves. There is no lexer: a text is one of the grammar's if it can be cut into terminals in any way, the longest or
/// not.
/// </summary>
internal sealed partial class Lark
{
    private readonly GrammarRules _rules;
    private readonly ExpressionStore _store;
    private readonly TokenVocabulary? _vocabulary;
    private readonly GrammarReader _reader;
    private readonly string _text;
    private readonly PatternExpression _patterns;
    private readonly Dictionary<string, int> _numbers = [];
    private readonly Dictionary<string, int> _places = [];
    private readonly Dictionary<string, int> _terminals = [];
    private readonly List<string> _ignored = [];
    private readonly int _root;
    private readonly int _ignore;
    private bool _inTerminal;

    private Lark(string text, GrammarRules rules, TokenVocabulary? vocabulary)
    {
        _rules = rules;
        _store = rules.Store;
        _vocabulary = vocabulary;
        _text = text;
        _reader = new GrammarReader(text, "Lark");
        _patterns = new PatternExpression(_store, points => Utf8.Expression(_store, points));
        _root = rules.Add();
        _ignore = rules.Add(ExpressionStore.Empty);
    }

    /// <summary>Adds a grammar's rules, of which the first is <c>start</c>.</summary>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: what is wrong, and where; E_UNSUPPORTED; E_LIMIT.</exception>
    public static void Read(string text, GrammarRules rules, TokenVocabulary? vocabulary) => new Lark(text, rules, vocabulary).Read();

    /// <summary>Once to note where everything is defined, once to read it: terminals stand wherever their author put them.</summary>
    private void Read()
    {
        foreach (bool isNoting in (ReadOnlySpan<bool>)[true, false])
        {
            _reader.Position = 0;
            SkipSpace(lines: true);
            while (!_reader.AtEnd)
            {
                Statement(isNoting);
                SkipSpace(lines: true);
            }
        }
        if (!_numbers.TryGetValue("start", out int start) || !_places.ContainsKey("start"))
        {
            throw new RealmException(ErrorCode.InvalidArgument, "Lark: there is no rule 'start', which the whole text must be");
        }
        foreach (string name in _numbers.Keys)
        {
            if (!_places.ContainsKey(name))
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"Lark: rule '{name}' is used but nowhere defined");
            }
        }
        int ignored = ExpressionStore.Nothing;
        foreach (string name in _ignored)
        {
            ignored = _store.Choice(ignored, Terminal(name));
        }
        _rules[_ignore] = _store.Star(ignored);
        _rules[_root] = _store.Sequence(Ignored(), _store.Call(start));
    }

    private void Statement(bool isNoting)
    {
        if (_reader.Peek == '%')
        {
            Directive(isNoting);
            return;
        }
        _reader.TakeWhile(c => c is '?' or '!');
        string name = TakeName();
        bool isTerminal = IsTerminal(name);
        if (_reader.Peek == '{')
        {
            Template(name, isNoting);
            return;
        }
        (bool isLazy, int suffix) = Attributes(isNoting);
        if (_reader.Take('.'))
        {
            _reader.Take('-');
            _reader.TakeNumber("a priority");
        }
        SkipSpace(lines: false);
        _reader.Expect(":");
        if (isNoting)
        {
            if (!_places.TryAdd(name, _reader.Position))
            {
                throw _reader.Error($"'{name}' is defined twice");
            }
            SkipBody();
            return;
        }
        if (isTerminal)
        {
            Terminal(name);
            _reader.Position = _places[name];
            SkipBody();
            return;
        }
        int number = Number(name);
        _rules[number] = isLazy || suffix != ExpressionStore.Empty ? Lazy(suffix) : Choice();
        ExpectEnd();
    }

    private void Directive(bool isNoting)
    {
        if (_reader.Take("%llguidance"))
        {
            SkipSpace(lines: false);
            SkipJson();
        }
        else if (_reader.Take("%ignore"))
        {
            SkipSpace(lines: false);
            string name = $"%ignore {_reader.Position}";
            if (isNoting)
            {
                _places[name] = _reader.Position;
                _ignored.Add(name);
            }
            SkipBody();
        }
        else if (_reader.Take("%import"))
        {
            Import(isNoting);
        }
        else
        {
            throw Unsupported("this directive");
        }
    }

    private void Import(bool isNoting)
    {
        SkipSpace(lines: false);
        _reader.Expect("common");
        SkipSpace(lines: false);
        if (_reader.Peek != '(')
        {
            _reader.Expect(".");
        }
        var names = new List<(string From, string To)>();
        if (_reader.Take('('))
        {
            do
            {
                SkipSpace(lines: true);
                string each = TakeName();
                names.Add((each, each));
                SkipSpace(lines: true);
            }
            while (_reader.Take(','));
            _reader.Expect(")");
        }
        else
        {
            string from = TakeName();
            SkipSpace(lines: false);
            string to = from;
            if (_reader.Take("->"))
            {
                SkipSpace(lines: false);
                to = TakeName();
            }
            names.Add((from, to));
        }
        foreach ((string from, string to) in isNoting ? names : [])
        {
            string pattern = CommonTerminals.Find(from) ?? throw _reader.Error($"there is no common.{from}");
            _terminals[to] = _patterns.Whole(PatternParser.Parse(pattern));
            _places.TryAdd(to, -1);
        }
        ExpectEnd();
    }

    /// <summary>The expression of a terminal: all in one, without calls.</summary>
    private int Terminal(string name)
    {
        const int BeingRead = -1;
        if (_terminals.TryGetValue(name, out int known))
        {
            return known != BeingRead ? known : throw _reader.Error($"terminal '{name}' is made of itself");
        }
        if (!_places.TryGetValue(name, out int place))
        {
            throw _reader.Error($"terminal '{name}' is used but nowhere defined");
        }
        _terminals[name] = BeingRead;
        (int before, bool wasInTerminal, bool inArguments, int nested, Dictionary<string, int> arguments) =
            (_reader.Position, _inTerminal, _inArguments, _nested, _arguments);
        // Where it is used is no concern of what it is: parentheses there do not reach over its lines, and parameters are not its own.
        (_reader.Position, _inTerminal, _inArguments, _nested, _arguments) = (place, true, false, 0, []);
        _reader.Enter();
        int expression = Choice();
        ExpectEnd();
        _reader.Leave();
        (_reader.Position, _inTerminal, _inArguments, _nested, _arguments) = (before, wasInTerminal, inArguments, nested, arguments);
        return _terminals[name] = expression;
    }

    /// <summary>A terminal within a rule: what is ignored may follow it.</summary>
    private int InRule(int terminal) => _inTerminal ? terminal : _store.Sequence(terminal, Ignored());

    private int Ignored() => _ignored.Count > 0 ? _store.Call(_ignore) : ExpressionStore.Empty;

    private int Number(string name)
    {
        if (!_numbers.TryGetValue(name, out int number))
        {
            _numbers[name] = number = _rules.Add();
        }
        return number;
    }

    private string TakeName()
    {
        string name = _reader.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        return name.Length > 0 ? name : throw _reader.Error("expected a name");
    }

    /// <summary>The first letter says what a name names.</summary>
    private static bool IsTerminal(string name) => char.IsAsciiLetterUpper(name.TrimStart('_') is { Length: > 0 } rest ? rest[0] : 'a');

    private void ExpectEnd()
    {
        SkipSpace(lines: false);
        if (!_reader.AtEnd && _reader.Peek is not '\n' and not '\r')
        {
            throw _reader.Error("expected the end of the line");
        }
    }

    private void SkipSpace(bool lines)
    {
        while (!_reader.AtEnd)
        {
            char next = _reader.Peek;
            if (next == '#' || _reader.Looks("//"))
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

    /// <summary>A JSON value that stands here, past which it goes.</summary>
    private byte[] SkipJson()
    {
        byte[] rest = Encoding.UTF8.GetBytes(_text[_reader.Position..]);
        var json = new Utf8JsonReader(rest, isFinalBlock: true, default);
        try
        {
            json.Read();
            json.Skip();
        }
        catch (JsonException e)
        {
            throw _reader.Error($"expected a JSON value: {e.Message}");
        }
        byte[] value = rest[..(int)json.BytesConsumed];
        _reader.Position += Encoding.UTF8.GetCharCount(value);
        return value;
    }

    private RealmException Unsupported(string what)
    {
        return new RealmException(ErrorCode.Unsupported, _reader.Error($"{what} can't be held by this engine").Message);
    }
}
