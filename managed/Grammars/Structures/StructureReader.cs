using System.Globalization;
using System.Text;
using Realm.Grammars.Json;

namespace Realm.Grammars.Structures;

/// <summary>
/// A tree of what an answer is made of, as JSON: a string is a literal; <c>{"sequence": [...]}</c>; <c>{"choice": [...]}</c>;
/// <c>{"repeat": node, "min", "max", "separator"}</c>; <c>{"json": schema}</c>; <c>{"regex": pattern}</c>; <c>{"grammar": {"type",
/// "text"}}</c>, another format; <c>{"text": {"without": [...]}, "maxTokens"}</c>, free text. Where a literal is written like a token that
/// marks something, it is that token; such tokens stand nowhere else.
/// </summary>
internal sealed class StructureReader
{
    private static readonly string[] _kinds = ["sequence", "choice", "repeat", "json", "regex", "grammar", "text"];

    private readonly GrammarRules _rules;
    private readonly ExpressionStore _store;
    private readonly TokenVocabulary? _vocabulary;
    private readonly JsonWhitespace _whitespace;
    private bool _isPlain = true;

    private StructureReader(JsonWhitespace whitespace, GrammarRules rules, TokenVocabulary? vocabulary)
    {
        _whitespace = whitespace;
        _rules = rules;
        _store = rules.Store;
        _vocabulary = vocabulary;
    }

    /// <summary>Adds the rules of a tree, of which the first is the whole of it.</summary>
    /// <returns>Whether none of them may be empty or calls itself at its beginning, for certain.</returns>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT, E_UNSUPPORTED, E_LIMIT; each says where.</exception>
    public static bool Read(JsonItem tree, JsonWhitespace whitespace, GrammarRules rules, TokenVocabulary? vocabulary)
    {
        int root = rules.Add();
        var reader = new StructureReader(whitespace, rules, vocabulary);
        int body = reader.Node(tree);
        rules[root] = body;
        return reader._isPlain;
    }

    private int Node(JsonItem node)
    {
        _rules.Budget.Spend();
        if (node.IsString)
        {
            return Literal(node.Text);
        }
        string? kind = Array.Find(_kinds, name => node[name] != null);
        if (kind == null)
        {
            throw Wrong(node, $"expected a string, or an object with one of {string.Join(", ", _kinds)}");
        }
        JsonItem value = node[kind]!;
        switch (kind)
        {
            case "sequence":
                Only(node, kind);
                return _store.Sequence([.. Nodes(value)]);
            case "choice":
                Only(node, kind);
                return _store.Choice([.. Nodes(value)]);
            case "repeat":
                Only(node, kind, "min", "max", "separator");
                return Repeat(node, value);
            case "text":
                Only(node, kind, "maxTokens");
                return Text(node, value);
            default:
                Only(node, kind);
                return Format(kind, value);
        }
    }

    private List<int> Nodes(JsonItem list)
    {
        if (!list.IsArray || list.Items.Count == 0)
        {
            throw Wrong(list, "expected a list with something in it");
        }
        return list.Items.ConvertAll(Node);
    }

    private int Repeat(JsonItem node, JsonItem value)
    {
        int least = Count(node["min"], 0), most = Count(node["max"], ExpressionStore.NoEnd);
        if (most < least)
        {
            throw Wrong(node, $"min {least} is more than max {most}");
        }
        int body = Node(value);
        if (node["separator"] is not { } between)
        {
            return _store.Repeat(body, least, most);
        }
        if (most == 0)
        {
            return ExpressionStore.Empty;
        }
        int more = _store.Sequence(Node(between), body);
        int all = _store.Sequence(body, _store.Repeat(more, Math.Max(least - 1, 0), most == ExpressionStore.NoEnd ? most : most - 1));
        return least == 0 ? _store.Optional(all) : all;
    }

    private int Text(JsonItem node, JsonItem value)
    {
        JsonItem? without = value["without"];
        if (value.IsObject)
        {
            Only(value, "without");
        }
        if (without is not { IsArray: true } || !without.Items.TrueForAll(text => text.IsString && text.Text.Length > 0))
        {
            throw Wrong(value, "expected { without }, a list of texts that are not empty");
        }
        int? budget = node["maxTokens"] is { } tokens ? Count(tokens, 0) : null;
        if (budget == 0)
        {
            return ExpressionStore.Empty;
        }
        return _store.Machine(_store.Add(new FreeText(without.Items.ConvertAll(text => Encoding.UTF8.GetBytes(text.Text)), budget)), 0);
    }

    /// <summary>A part in another notation has rules of its own.</summary>
    private int Format(string kind, JsonItem value)
    {
        int first = _rules.Count;
        try
        {
            switch (kind)
            {
                case "json":
                    SchemaCompiler.Read(value, _whitespace, _rules);
                    break;
                case "regex":
                    Nested(GrammarNotation.Regex, value.IsString ? value.Text : throw Wrong(value, "expected a string"));
                    break;
                default:
                    Nested(value);
                    break;
            }
        }
        catch (RealmException e) when (kind != "json" && !e.Message.StartsWith("structure ", StringComparison.Ordinal))
        {
            throw new RealmException(e.Code, $"structure {value.Pointer}: {e.Message}");
        }
        // They are those of all rules: the next part has more.
        _store.ShortestOfRules = null;
        return _store.Call(first);
    }

    private void Nested(JsonItem value)
    {
        int notation = Array.IndexOf(GrammarFormat.Names, value["type"]?.Text);
        if (notation < 0 || value["text"] is { IsString: false })
        {
            throw Wrong(value, $"expected {{ type, text }} with a type that is one of {string.Join(", ", GrammarFormat.Names)}");
        }
        Only(value, "type", "text");
        Nested((GrammarNotation)notation, value["text"]?.Text ?? "");
    }

    private void Nested(GrammarNotation notation, string text)
    {
        _isPlain &= GrammarFormat.Read(notation, Encoding.UTF8.GetBytes(text), _whitespace, _rules, _vocabulary);
    }

    /// <summary>A text, in which tokens that mark something are those tokens: the longest at each place.</summary>
    private int Literal(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var parts = new List<int>();
        int begun = 0;
        for (int at = 0; at < bytes.Length;)
        {
            int token = _vocabulary?.Markers.LongestAt(bytes.AsSpan(at)) ?? -1;
            if (token < 0)
            {
                at++;
                continue;
            }
            parts.Add(_store.Literal(bytes.AsSpan(begun, at - begun)));
            parts.Add(_store.Token(token, other: false));
            begun = at += _vocabulary!.BytesOf(token).Length;
        }
        parts.Add(_store.Literal(bytes.AsSpan(begun)));
        return _store.Sequence([.. parts]);
    }

    private static int Count(JsonItem? value, int otherwise)
    {
        if (value == null)
        {
            return otherwise;
        }
        return value.IsNumber && int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count <= GrammarLimits.Repetitions ? count : throw Wrong(value, $"expected an integer from 0 to {GrammarLimits.Repetitions}");
    }

    private static void Only(JsonItem node, params ReadOnlySpan<string> names)
    {
        foreach (JsonItem item in node.Items)
        {
            if (!names.Contains(item.Name))
            {
                throw Wrong(node, $"unknown name '{item.Name}' beside '{names[0]}'");
            }
        }
    }

    private static RealmException Wrong(JsonItem where, string message) => new(ErrorCode.InvalidArgument, $"structure {where.Pointer}: {message}");
}
