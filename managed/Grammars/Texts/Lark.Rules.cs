using System.Text;
using Realm.Grammars.Json;

namespace Realm.Grammars.Texts;

/// <summary>What stands behind the name of a rule, and rules that are made of others.</summary>
internal sealed partial class Lark
{
    private const int MostChunks = 4096;

    /// <summary>Of each template the names of its parameters and where its body stands.</summary>
    private readonly Dictionary<string, (List<string> Parameters, int Place)> _templates = [];

    private readonly Dictionary<string, int> _instances = [];

    /// <summary>What the parameters of the template that is being read stand for.</summary>
    private Dictionary<string, int> _arguments = [];

    private bool _inArguments;

    /// <summary>
    /// What is in brackets behind a name: whether the rule ends as soon as it may, and with which text. What only takes note of a text is
    /// passed over; what can't be held is an error.
    /// </summary>
    private (bool IsLazy, int Suffix) Attributes(bool isNoting)
    {
        bool isLazy = false;
        int suffix = ExpressionStore.Empty;
        if (!_reader.Take('['))
        {
            return (isLazy, suffix);
        }
        if (isNoting)
        {
            SkipAttributes();
            return (isLazy, suffix);
        }
        do
        {
            SkipSpace(lines: false);
            string name = _reader.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c == '_');
            SkipSpace(lines: false);
            if (name is not ("capture" or "stop_capture" or "lazy" or "suffix" or ""))
            {
                throw Unsupported($"the attribute '{name}'");
            }
            isLazy |= name == "lazy";
            if (!_reader.Take('='))
            {
                continue;
            }
            SkipSpace(lines: false);
            if (name == "suffix")
            {
                suffix = InTerminal(Atom);
            }
            else if (_reader.Peek == '"')
            {
                Quoted();
            }
            else
            {
                TakeName();
            }
            SkipSpace(lines: false);
        }
        while (_reader.Take(','));
        _reader.Expect("]");
        return (isLazy, suffix);
    }

    private void SkipAttributes()
    {
        while (!_reader.Take(']'))
        {
            if (_reader.Peek == '"')
            {
                Quoted();
            }
            else if (_reader.Peek == '/')
            {
                SkipPattern();
            }
            else if (_reader.TakePoint() == '\n')
            {
                throw _reader.Error("attributes do not end on their line");
            }
        }
    }

    private int InTerminal(Func<int> read)
    {
        bool before = _inTerminal;
        _inTerminal = true;
        int expression = read();
        _inTerminal = before;
        return _store[expression].IsRegular ? expression : throw _reader.Error("a text that ends as soon as it may is made of terminals only");
    }

    /// <summary>A body that is a terminal, of whose texts those count that begin with no other of them.</summary>
    private int Lazy(int suffix)
    {
        int texts = _store.Sequence(InTerminal(Choice), suffix);
        int longer = _store.Sequence(texts, _store.Bytes(ByteSet.Range(0, 255)), _store.All);
        return InRule(_store.Both(texts, _store.Not(longer)));
    }

    /// <summary>A rule with parameters: noted where it stands, read where it is used.</summary>
    private void Template(string name, bool isNoting)
    {
        if (IsTerminal(name))
        {
            throw Unsupported("a template of terminals");
        }
        _reader.Expect("{");
        var parameters = new List<string>();
        do
        {
            SkipSpace(lines: false);
            parameters.Add(TakeName());
            SkipSpace(lines: false);
        }
        while (_reader.Take(','));
        _reader.Expect("}");
        SkipSpace(lines: false);
        _reader.Expect(":");
        if (isNoting && (!_places.TryAdd(name, _reader.Position) || !_templates.TryAdd(name, (parameters, _reader.Position))))
        {
            throw _reader.Error($"'{name}' is defined twice");
        }
        SkipBody();
    }

    /// <summary>A template with what its parameters stand for: a rule for each choice of these.</summary>
    private int Instance(string name)
    {
        (List<string> parameters, int place) = _templates[name];
        _reader.Expect("{");
        var given = new List<int>();
        (bool inArguments, int nested) = (_inArguments, _nested);
        (_inArguments, _nested) = (true, nested + 1);
        do
        {
            given.Add(Choice());
            SkipSpace(lines: true);
        }
        while (_reader.Take(','));
        (_inArguments, _nested) = (inArguments, nested);
        _reader.Expect("}");
        if (given.Count != parameters.Count)
        {
            throw _reader.Error($"'{name}' takes {parameters.Count} parts, not {given.Count}");
        }
        string key = $"{name} {string.Join(' ', given)}";
        if (_instances.TryGetValue(key, out int known))
        {
            return _store.Call(known);
        }
        int number = _instances[key] = _rules.Add();
        (int before, Dictionary<string, int> arguments) = (_reader.Position, _arguments);
        _reader.Enter();
        (_reader.Position, _inArguments, _nested) = (place, false, 0);
        _arguments = parameters.Zip(given).ToDictionary(pair => pair.First, pair => pair.Second);
        _rules[number] = Choice();
        ExpectEnd();
        (_reader.Position, _inArguments, _nested, _arguments) = (before, inArguments, nested, arguments);
        _reader.Leave();
        return _store.Call(number);
    }

    /// <summary>Any run of neighbours out of a list of texts.</summary>
    private int Substring()
    {
        SkipSpace(lines: true);
        JsonItem regex = JsonItem.Parse(SkipJson(), "%regex");
        List<string> chunks = regex switch
        {
            _ when regex["substring_chunks"] is { IsArray: true } list && list.Items.TrueForAll(each => each.IsString) => list.Items.ConvertAll(each => each.Text),
            _ when regex["substring_chars"] is { IsString: true } text => [.. text.Text.EnumerateRunes().Select(rune => rune.ToString())],
            _ when regex["substring_words"] is { IsString: true } text => Words(text.Text),
            _ => throw Unsupported("%regex without substring_chunks, substring_words or substring_chars"),
        };
        if (chunks.Count > MostChunks)
        {
            throw new RealmException(ErrorCode.Limit, _reader.Error($"%regex has more than {MostChunks} pieces").Message);
        }
        int all = ExpressionStore.Empty, from = ExpressionStore.Empty;
        for (int i = chunks.Count - 1; i >= 0; i--)
        {
            from = _store.Optional(_store.Sequence(_store.Literal(Encoding.UTF8.GetBytes(chunks[i])), from));
            all = _store.Choice(all, from);
        }
        return all;
    }

    /// <summary>Words, runs of white space, and everything else one by one.</summary>
    private static List<string> Words(string text)
    {
        var words = new List<string>();
        int kind = -1;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int now = Rune.IsLetterOrDigit(rune) || rune.Value == '_' ? 0 : Rune.IsWhiteSpace(rune) ? 1 : 2;
            if (now == kind && now != 2)
            {
                words[^1] += rune.ToString();
            }
            else
            {
                words.Add(rune.ToString());
            }
            kind = now;
        }
        return words;
    }
}
