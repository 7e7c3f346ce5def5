using System.Runtime.InteropServices;
using Realm.Grammars.Json;

namespace Realm.Grammars.Texts;

/// <summary>What stands behind the colon of a rule or terminal.</summary>
internal sealed partial class Lark
{
    private int _nested;

    private int Choice()
    {
        _reader.Enter();
        var alternatives = new List<int> { Met() };
        while (TakeAcrossLines('|'))
        {
            alternatives.Add(Met());
        }
        _reader.Leave();
        return _store.Choice(CollectionsMarshal.AsSpan(alternatives));
    }

    /// <summary>Parts joined by &amp;: regular ones that are met together.</summary>
    private int Met()
    {
        int all = Sequence();
        while (TakeAcrossLines('&'))
        {
            int other = Sequence();
            if (!_store[all].IsRegular || !_store[other].IsRegular)
            {
                throw _reader.Error("& joins terminals only, not rules");
            }
            all = _store.Both(all, other);
        }
        return all;
    }

    private bool TakeAcrossLines(char character)
    {
        int before = _reader.Position;
        SkipSpace(lines: true);
        if (_reader.Take(character))
        {
            return true;
        }
        _reader.Position = _nested > 0 ? _reader.Position : before;
        return false;
    }

    private int Sequence()
    {
        var parts = new List<int>();
        while (true)
        {
            SkipSpace(lines: _nested > 0);
            if (_reader.Take("->"))
            {
                SkipSpace(lines: false);
                TakeName();
                continue;
            }
            if (_reader.AtEnd || _reader.Peek is '\n' or '\r' or '|' or '&' or ')' or ']' || _inArguments && _reader.Peek is ',' or '}')
            {
                break;
            }
            parts.Add(Repeated());
        }
        return _store.Sequence(CollectionsMarshal.AsSpan(parts));
    }

    private int Repeated()
    {
        if (_reader.Take('~'))
        {
            SkipSpace(lines: false);
            _reader.Enter();
            int denied = Repeated();
            _reader.Leave();
            if (!_store[denied].IsRegular)
            {
                throw _reader.Error("~ denies terminals only, not rules");
            }
            return _store.Both(_store.Star(Utf8.Expression(_store, CodePoints.All)), _store.Not(denied));
        }
        int part = Atom();
        while (true)
        {
            int before = _reader.Position;
            SkipSpace(lines: false);
            if (_reader.Take('*'))
            {
                part = _store.Star(part);
            }
            else if (_reader.Take('+'))
            {
                part = _store.Repeat(part, 1, ExpressionStore.NoEnd);
            }
            else if (_reader.Take('?'))
            {
                part = _store.Optional(part);
            }
            else if (_reader.Peek == '{' || _reader.Peek == '~' && IsCount())
            {
                part = Counted(part);
            }
            else
            {
                _reader.Position = before;
                return part;
            }
        }
    }

    private bool IsCount()
    {
        int at = 1;
        while (_reader.PeekAt(at) == ' ')
        {
            at++;
        }
        return char.IsAsciiDigit(_reader.PeekAt(at));
    }

    /// <summary>~ n, ~ n..m, {n}, {n,}, {,m} or {n,m}.</summary>
    private int Counted(int part)
    {
        bool inBraces = _reader.Take('{');
        if (!inBraces)
        {
            _reader.Position++;
        }
        SkipSpace(lines: false);
        int least = inBraces && _reader.Peek == ',' ? 0 : _reader.TakeNumber("a number of repetitions"), most = least;
        SkipSpace(lines: false);
        if (inBraces ? _reader.Take(',') : _reader.Take(".."))
        {
            SkipSpace(lines: false);
            most = inBraces && _reader.Peek == '}' ? ExpressionStore.NoEnd : _reader.TakeNumber("a number of repetitions");
            SkipSpace(lines: false);
        }
        if (inBraces)
        {
            _reader.Expect("}");
        }
        return least <= most ? _store.Repeat(part, least, most) : throw _reader.Error("repeats at least more often than at most");
    }

    private int Atom()
    {
        char next = _reader.Peek;
        switch (next)
        {
            case '(' or '[':
                _reader.Position++;
                _nested++;
                int inside = Choice();
                SkipSpace(lines: true);
                _reader.Expect(next == '(' ? ")" : "]");
                _nested--;
                return next == '(' ? inside : _store.Optional(inside);
            case '"':
                return InRule(TextOrRange());
            case '/':
                return InRule(Pattern());
            case '<':
                return Token();
            case '%' when _reader.Take("%json"):
                if (_inTerminal)
                {
                    throw _reader.Error("%json stands in rules only");
                }
                SkipSpace(lines: true);
                return InRule(SchemaCompiler.Embed(SkipJson(), _rules));
            case '%' when _reader.Take("%regex"):
                return InRule(Substring());
            default:
                if (!char.IsAsciiLetter(next) && next != '_')
                {
                    throw _reader.Error("expected a rule, a terminal, a text or a pattern");
                }
                string name = TakeName();
                if (_arguments.TryGetValue(name, out int argument))
                {
                    return argument;
                }
                if (_templates.ContainsKey(name))
                {
                    return Instance(name);
                }
                if (IsTerminal(name))
                {
                    return InRule(Terminal(name));
                }
                return _inTerminal ? throw _reader.Error($"a terminal can't use the rule '{name}'") : _store.Call(Number(name));
        }
    }

    private int TextOrRange()
    {
        List<int> first = Quoted();
        if (_reader.Take(".."))
        {
            List<int> last = Quoted();
            return first.Count == 1 && last.Count == 1
                ? Utf8.Expression(_store, CodePoints.Of((first[0], last[0])))
                : throw _reader.Error("a range is between two characters");
        }
        bool ignoresCase = _reader.Peek == 'i' && !char.IsAsciiLetterOrDigit(_reader.PeekAt(1)) && _reader.Take('i');
        int all = ExpressionStore.Empty;
        for (int i = first.Count - 1; i >= 0; i--)
        {
            CodePoints point = CodePoints.Of((first[i], first[i]));
            all = _store.Sequence(Utf8.Expression(_store, ignoresCase ? point.IgnoringCase() : point), all);
        }
        return all;
    }

    private List<int> Quoted()
    {
        _reader.Expect("\"");
        var points = new List<int>();
        while (!_reader.Take('"'))
        {
            int point = _reader.TakePoint();
            if (point == '\n')
            {
                throw _reader.Error("a text does not end on its line");
            }
            if (point == '\\')
            {
                int escape = _reader.TakePoint();
                point = escape switch
                {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'f' => '\f',
                    'b' => '\b',
                    '\\' or '"' or '/' or '\'' => escape,
                    'x' => _reader.TakeHex(2),
                    'u' => _reader.TakeHex(4),
                    'U' => _reader.TakeHex(8),
                    _ => throw _reader.Error("unknown escape before this"),
                };
            }
            points.Add(point);
        }
        return points;
    }

    private int Pattern()
    {
        int start = _reader.Position + 1;
        SkipPattern();
        string pattern = _text[start..(_reader.Position - 1)];
        string flags = _reader.TakeWhile(char.IsAsciiLetterLower);
        if (flags.AsSpan().ContainsAnyExcept("isu"))
        {
            throw Unsupported($"the flags '{flags}' of a pattern");
        }
        return _patterns.Whole(PatternParser.Parse(pattern, flags.Contains('i'), flags.Contains('s')));
    }

    /// <summary>A token by its text, or some by their ids: <![CDATA[<|end|>, <[12]>, <[1-5,7]>, <[^3]>, <[*]>]]>.</summary>
    private int Token()
    {
        if (_inTerminal)
        {
            throw _reader.Error("tokens stand in rules only");
        }
        if (!_reader.Take("<["))
        {
            string text = _reader.TakeWhile(c => c is not '>' and not '\n') + ">";
            _reader.Expect(">");
            int found = _vocabulary?.Find(text) ?? throw _reader.Error($"{text} can't be known without a vocabulary");
            return found >= 0 ? _store.Token(found, false) : throw _reader.Error($"{text} is not a single token of the vocabulary");
        }
        if (_reader.Take("*]>"))
        {
            return _store.Token(int.MaxValue, true);
        }
        bool others = _reader.Take('^');
        int all = ExpressionStore.Nothing, count = 0;
        do
        {
            int first = _reader.TakeNumber("the id of a token"), last = _reader.Take('-') ? _reader.TakeNumber("the id of a token") : first;
            if (_vocabulary != null && last >= _vocabulary.Count)
            {
                throw _reader.Error($"token {last} is not in the vocabulary of {_vocabulary.Count} tokens");
            }
            for (int id = first; id <= last; id++, count++)
            {
                all = _store.Choice(all, _store.Token(id, others));
                if (others && count > 0 || count > 4096)
                {
                    throw Unsupported(others ? "any token but several" : "more than 4096 tokens");
                }
            }
        }
        while (_reader.Take(','));
        _reader.Expect("]>");
        return all;
    }

    /// <summary>Goes past a body without reading it: to the end of the last line that continues it.</summary>
    private void SkipBody()
    {
        int depth = 0;
        while (!_reader.AtEnd)
        {
            char next = _reader.Peek;
            if (next == '"')
            {
                Quoted();
                continue;
            }
            if (next == '/' && _reader.PeekAt(1) != '/')
            {
                SkipPattern();
                continue;
            }
            if (next == '<' && !_reader.Looks("<["))
            {
                _reader.TakeWhile(c => c is not '>' and not '\n');
                continue;
            }
            if (_reader.Take("%json") || _reader.Take("%regex"))
            {
                SkipSpace(lines: true);
                SkipJson();
                continue;
            }
            depth += next is '(' or '[' ? 1 : next is ')' or ']' ? -1 : 0;
            if (next == '#' || _reader.Looks("//") || next is '\n' or '\r')
            {
                int before = _reader.Position;
                SkipSpace(lines: true);
                if (depth <= 0 && _reader.Peek is not '|' and not '&')
                {
                    _reader.Position = before;
                    SkipSpace(lines: false);
                    return;
                }
                continue;
            }
            _reader.Position++;
        }
    }

    private void SkipPattern()
    {
        bool inClass = false;
        for (_reader.Position++; inClass || _reader.Peek != '/'; _reader.Position++)
        {
            if (_reader.AtEnd || _reader.Peek == '\n')
            {
                throw _reader.Error("a pattern does not end on its line");
            }
            inClass = _reader.Peek == '[' || inClass && _reader.Peek != ']';
            _reader.Position += _reader.Peek == '\\' ? 1 : 0;
        }
        _reader.Position++;
    }
}
