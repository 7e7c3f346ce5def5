using System.Text.Json;

namespace Realm.Grammars.Json;

/// <summary>
/// JSON Schema (2020-12 and what earlier drafts called otherwise) as rules: one for each set of claims that a value has to meet, made
/// when it is first asked for. What can't be held is an error with its place; unknown keywords and formats are warnings.
/// </summary>
internal sealed class SchemaCompiler
{
    private readonly GrammarRules _rules;
    private readonly ExpressionStore _store;
    private readonly JsonLayout _layout;
    private readonly StringShape _strings;
    private readonly SchemaCheck _check;
    private readonly SchemaExpansion _expansion;
    private readonly ObjectShape _objects;
    private readonly ArrayShape _arrays;
    private readonly Dictionary<JsonItem, int> _numbers = [];
    private readonly Dictionary<string, int> _values = [];
    private readonly Queue<(int Rule, List<Claim> Claims)> _open = [];
    private readonly Dictionary<int, JsonItem> _places = [];     // of rules
    private JsonItem? _place;       // under way
    private int _any = -1;

    private SchemaCompiler(JsonItem schema, JsonWhitespace whitespace, GrammarRules rules)
    {
        _rules = rules;
        _store = rules.Store;
        _layout = new JsonLayout(_store, whitespace);
        _strings = new StringShape(rules);
        var document = new SchemaDocument(schema);
        _check = new SchemaCheck(document, _strings, rules.Budget);
        _expansion = new SchemaExpansion(document, _check, rules);
        _objects = new ObjectShape(this, _expansion, _check, _strings, _layout, rules);
        _arrays = new ArrayShape(this, _expansion, _layout, rules);
    }

    /// <summary>Adds a schema's rules, of which the first is a whole value.</summary>
    /// <param name="utf8">The schema.</param>
    /// <param name="whitespace">White space in the values.</param>
    /// <param name="rules">Where they go.</param>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT, E_UNSUPPORTED, E_LIMIT; each says where.</exception>
    public static void Read(ReadOnlySpan<byte> utf8, JsonWhitespace whitespace, GrammarRules rules) =>
        Read(JsonItem.Parse(utf8, "schema"), whitespace, rules);

    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, JsonWhitespace, GrammarRules)"/>
    public static void Read(JsonItem schema, JsonWhitespace whitespace, GrammarRules rules)
    {
        int root = rules.Add();
        var compiler = new SchemaCompiler(schema, whitespace, rules);
        try
        {
            rules[root] = compiler.Compile(schema);
            compiler._place = null;
            if (!rules.HasText(root))
            {
                // Where something was left out, there may be values.
                throw compiler._expansion.Lost is { } lost
                    ? SchemaFault.Unsupported(lost, SchemaExpansion.NotHeld(lost))
                    : SchemaFault.Invalid(schema, "no value meets this schema");
            }
        }
        catch (RealmException e) when (e.Code == ErrorCode.Limit && e is not SchemaException)
        {
            JsonItem place = compiler._place ?? compiler._places.GetValueOrDefault(rules.Searched, schema);
            throw SchemaFault.Limit(place, e.Message);
        }
        if (rules.Store.Shortest(rules[root]) > GrammarLimits.ShortestBytes)
        {
            throw SchemaFault.Limit(schema, $"the shortest value has more than {GrammarLimits.ShortestBytes} bytes, which no generation holds");
        }
    }

    /// <summary>Reads a schema that is part of a grammar.</summary>
    /// <returns>A value of it.</returns>
    public static int Embed(ReadOnlySpan<byte> utf8, GrammarRules rules)
    {
        JsonItem schema = JsonItem.Parse(utf8, "schema");
        return new SchemaCompiler(schema, JsonWhitespace.Compact, rules).Compile(schema);
    }

    private int Compile(JsonItem schema)
    {
        int value = Value([new Claim(schema, false)]);
        while (_open.TryDequeue(out (int Rule, List<Claim> Claims) next))
        {
            _places[next.Rule] = _place = next.Claims[0].Schema;
            _rules[next.Rule] = Body(next.Claims);
        }
        return value;
    }

    /// <summary>Reads "any JSON value" into rules.</summary>
    public static void ReadAny(JsonWhitespace whitespace, GrammarRules rules) => Read("true"u8, whitespace, rules);

    /// <summary>Whether a claim is one that nothing meets, as far as that shows at once.</summary>
    public bool IsNever(Claim claim)
    {
        claim = _expansion.Direct(claim);
        return claim.Schema.Kind == (claim.IsDenied ? JsonValueKind.True : JsonValueKind.False)
            || claim.IsDenied && claim.Schema is { IsObject: true, Items.Count: 0 };
    }

    /// <summary>A value that meets all claims.</summary>
    public int Value(List<Claim> claims)
    {
        var numbers = new List<int>();
        for (int i = 0; i < claims.Count; i++)
        {
            Claim claim = claims[i] = _expansion.Direct(claims[i]);
            if (!claim.IsDenied && claim.Schema is { Kind: JsonValueKind.True } or { IsObject: true, Items.Count: 0 })
            {
                continue;
            }
            if (!_numbers.TryGetValue(claim.Schema, out int number))
            {
                _numbers[claim.Schema] = number = _numbers.Count;
            }
            numbers.Add(number * 2 + (claim.IsDenied ? 1 : 0));
        }
        if (numbers.Count == 0)
        {
            return AnyValue();
        }
        numbers.Sort();
        string key = string.Join(',', numbers);
        if (!_values.TryGetValue(key, out int value))
        {
            int rule = _rules.Add();
            _values[key] = value = _store.Call(rule);
            _open.Enqueue((rule, claims));
        }
        return value;
    }

    /// <summary>The characters of strings that meet all claims: for names.</summary>
    public int StringCharacters(List<Claim> claims)
    {
        int all = ExpressionStore.Nothing;
        foreach (SchemaBranch branch in _expansion.Expand([.. claims]))
        {
            if (branch.Values is { } values)
            {
                values.FindAll(value => value.IsString).ForEach(value => all = _store.Choice(all, _strings.Literal(value.Text)));
            }
            else if ((branch.Types & JsonTypes.String) != 0)
            {
                all = _store.Choice(all, _strings.Characters(branch));
            }
        }
        return all;
    }

    /// <summary>All strings that meet the claims, if they are given one by one; else null.</summary>
    public List<string>? GivenStrings(List<Claim> claims)
    {
        var all = new List<string>();
        foreach (SchemaBranch branch in _expansion.Expand([.. claims]))
        {
            if (branch.Values == null && (branch.Types & JsonTypes.String) != 0)
            {
                return null;
            }
            all.AddRange((branch.Values ?? []).FindAll(value => value.IsString).ConvertAll(value => value.Text));
        }
        return all;
    }

    /// <summary>All values that meet the claims, if they are given one by one and at most so many; else null.</summary>
    public List<JsonItem>? FiniteValues(List<Claim> claims, int most)
    {
        var all = new List<JsonItem>();
        foreach (SchemaBranch branch in _expansion.Expand([.. claims]))
        {
            List<JsonItem>? values = branch.Values;
            if (values == null && (branch.Types & ~(JsonTypes.Null | JsonTypes.Boolean)) == 0)
            {
                values = Constants().FindAll(value => _check.Meets(value, branch.Claims));
            }
            if (values == null)
            {
                return null;
            }
            foreach (JsonItem value in values)
            {
                if (!all.Exists(known => SchemaCheck.AreEqual(known, value)))
                {
                    all.Add(value);
                }
                if (all.Count > most)
                {
                    return null;
                }
            }
        }
        return all;
    }

    private static List<JsonItem> Constants() => JsonItem.Parse("[null,true,false]"u8, "constants").Items;

    private int Body(List<Claim> claims)
    {
        // Values that are given one by one are looked at as they are, without taking the claims apart.
        foreach (Claim claim in claims)
        {
            JsonItem schema = claim.Schema;
            List<JsonItem>? values = claim.IsDenied ? null
                : schema["const"] is { } constant ? [constant]
                : schema["enum"] is { } list ? SchemaKeywords.List(list) : null;
            if (values != null)
            {
                _expansion.Expand([.. claims]);
                return Constants(values.FindAll(value => _check.Meets(value, claims)));
            }
        }
        int all = ExpressionStore.Nothing;
        foreach (SchemaBranch branch in _expansion.Expand([.. claims]))
        {
            all = _store.Choice(all, Body(branch));
        }
        return all;
    }

    private int Body(SchemaBranch branch)
    {
        if (branch.Values is { } values)
        {
            return Constants(values);
        }
        int all = ExpressionStore.Nothing;
        if ((branch.Types & (JsonTypes.Null | JsonTypes.Boolean)) != 0)
        {
            all = Constants(Constants().FindAll(value =>
                (branch.Types & (value.Kind == JsonValueKind.Null ? JsonTypes.Null : JsonTypes.Boolean)) != 0
                && !branch.Excluded.Exists(excluded => SchemaCheck.AreEqual(excluded, value))));
        }
        if ((branch.Types & JsonTypes.Number) != 0)
        {
            all = _store.Choice(all, Number(branch));
        }
        if ((branch.Types & JsonTypes.String) != 0)
        {
            int quote = _store.Literal("\""u8);
            all = _store.Choice(all, _store.Sequence(quote, _strings.Characters(branch), quote));
        }
        if ((branch.Types & JsonTypes.Object) != 0)
        {
            all = _store.Choice(all, _objects.Expression(branch));
        }
        if ((branch.Types & JsonTypes.Array) != 0)
        {
            all = _store.Choice(all, _arrays.Expression(branch));
        }
        return all;
    }

    private int Number(SchemaBranch branch)
    {
        NumberBounds bounds = branch.Numbers.Copy();
        bounds.IsInteger = (branch.Types & JsonTypes.Fraction) == 0;
        if ((branch.Types & JsonTypes.Integer) == 0)
        {
            bounds.NotMultiples.Add(new Exact(1, 0));
        }
        foreach (JsonItem excluded in branch.Excluded)
        {
            if (excluded.IsNumber)
            {
                bounds.Excluded.Add(SchemaKeywords.Number(excluded));
            }
        }
        if (NumberMachine.NotHeld(bounds) is { } reason)
        {
            throw SchemaFault.Unsupported(branch.Keyword("multipleOf"), reason);
        }
        return JsonNumbers.Expression(_store, bounds);
    }

    private int Constants(List<JsonItem> values)
    {
        if (values.Count <= 64)
        {
            return _store.Choice([.. values.ConvertAll(value => _store.Literal(JsonText.Write(value, _layout)))]);
        }
        // Many: by their first bytes, so that a step looks at few of them.
        var texts = values.ConvertAll(value => JsonText.Write(value, _layout));
        texts.Sort(static (x, y) => x.AsSpan().SequenceCompareTo(y));
        return LiteralTree.Of(_store, texts, _rules.Budget);
    }

    private int AnyValue()
    {
        if (_any < 0)
        {
            int rule = _rules.Add();
            _any = _store.Call(rule);
            var branch = new SchemaBranch();
            _rules[rule] = Body(branch);
        }
        return _any;
    }
}
