namespace Realm.Grammars.Json;

/// <summary>
/// Objects: declared names in their order, each where it must or may be, then other names by the patterns that they match. How many
/// there are is counted only where it matters.
/// </summary>
internal sealed partial class ObjectShape(
    SchemaCompiler compiler, SchemaExpansion expansion, SchemaCheck check, StringShape strings, JsonLayout layout, GrammarRules rules)
{
    private const int MostPatterns = 10;
    private const int MostNodes = 1 << 18;

    private readonly ExpressionStore _store = rules.Store;
    private int[]? _membersByClass;

    /// <summary>The objects of a branch.</summary>
    public int Expression(SchemaBranch branch)
    {
        List<Name> names = NamesOf(branch, []);
        if (names.Exists(name => name is { IsRequired: true, IsForbidden: true }))
        {
            return ExpressionStore.Nothing;
        }
        int least = branch.MinProperties;
        if (least > 1 && least > names.Count(name => name.IsRequired) && FewNames(branch, names) is { } few)
        {
            names = NamesOf(branch, few);
        }
        int other = OtherMembers(branch, names, _store.All);
        _membersByClass = null;
        int required = names.Count(name => name.IsRequired), possible = names.Count(name => !name.IsForbidden);
        least = least <= required ? 0 : least;
        int most = other == ExpressionStore.Nothing && branch.MaxProperties >= possible ? int.MaxValue : branch.MaxProperties;
        // Counted up to here; beyond it is all the same.
        long cap = Math.Max(1, Math.Max(least, most == int.MaxValue ? 0 : (long)most + 1));
        bool isPlain = least == 0 && most == int.MaxValue;
        if (cap > names.Count + 1)
        {
            cap = names.Count + 1;
        }
        if (isPlain && Interleaved(names, other) is { } interleaved)
        {
            return layout.Within((byte)'{', interleaved, (byte)'}');
        }
        if ((names.Count + 1) * cap > MostNodes)
        {
            throw SchemaFault.Limit(branch.Claims[0].Schema, "too many properties to be counted");
        }
        var nodes = new int[cap + 1];
        for (int count = 0; count <= cap; count++)
        {
            int missing = isPlain ? 0 : least - count, left = isPlain || most == int.MaxValue ? ExpressionStore.NoEnd : most - count;
            nodes[count] = missing > 1 && left >= missing && other != ExpressionStore.Nothing
                ? Distinct(branch, names, other, count, missing, left)
                : Others(other, count, isPlain ? 0 : least, isPlain ? int.MaxValue : most);
        }
        for (int i = names.Count - 1; i >= 0; i--)
        {
            if (names[i].IsForbidden)
            {
                continue;
            }
            var before = new int[cap + 1];
            int value = compiler.Value(names[i].Claims);
            for (int count = 0; count <= cap; count++)
            {
                int after = count < cap || isPlain ? nodes[Math.Min(count + 1, cap)] : ExpressionStore.Nothing;
                int with = count < most ? _store.Sequence(Key(names[i].Text, count > 0), value, after) : ExpressionStore.Nothing;
                before[count] = names[i].IsRequired ? with : _store.Choice(with, nodes[count]);
            }
            nodes = before;
            Cut(nodes, i);
        }
        return layout.Within((byte)'{', nodes[0], (byte)'}');
    }

    /// <summary>A name that is mentioned, and what is asked of it.</summary>
    /// <param name="Text">The name.</param>
    /// <param name="Group">The schema whose properties it is first among; -1: it is in none.</param>
    /// <param name="IsRequired">Whether it must be there.</param>
    /// <param name="IsForbidden">Whether it must not.</param>
    /// <param name="Claims">What is asked of its value.</param>
    private sealed record Name(string Text, int Group, bool IsRequired, bool IsForbidden, List<Claim> Claims);

    /// <summary>Long chains of names become rules of their own now and then: no expression grows with the square of their number.</summary>
    private void Cut(int[] nodes, int index)
    {
        const int Distance = 48;
        for (int count = 0; index > 0 && index % Distance == 0 && count < nodes.Length; count++)
        {
            // An empty rule would have to be known as one: what may be empty is so outside of it.
            bool mayBeEmpty = _store[nodes[count]].IsNullable;
            if (nodes[count] > ExpressionStore.Empty && !mayBeEmpty)
            {
                nodes[count] = _store.Call(rules.Add(nodes[count]));
            }
        }
    }

    /// <summary>The names that are mentioned, and others besides.</summary>
    private List<Name> NamesOf(SchemaBranch branch, List<string> others)
    {
        var order = new List<string>();
        var known = new HashSet<string>();
        foreach (JsonItem schema in branch.Objects)
        {
            foreach (JsonItem property in schema["properties"]?.Items ?? [])
            {
                Add(property.Name!);
            }
        }
        branch.Required.ForEach(Add);
        branch.Members.ForEach(member => Add(member.Name));
        foreach (string name in branch.Forbidden)
        {
            Add(name);
        }
        // Names out of a list are names like declared ones: then none is written twice.
        (branch.Names.Count == 0 ? [] : compiler.GivenStrings(branch.Names) ?? []).ForEach(Add);
        others.ForEach(Add);
        var names = new List<Name>();
        foreach (string name in order)
        {
            List<Claim> claims = expansion.ClaimsOfMember(branch, name);
            bool isForbidden = branch.Forbidden.Contains(name) || claims.Exists(claim => compiler.IsNever(claim))
                || branch.Names.Count > 0 && !check.Meets(JsonItem.OfString(name), branch.Names);
            int group = branch.Objects.FindIndex(schema => schema["properties"]?[name] != null);
            names.Add(new Name(name, group, branch.Required.Contains(name), isForbidden, claims));
        }
        return names;

        void Add(string name)
        {
            if (known.Add(name))
            {
                order.Add(name);
            }
        }
    }

    private int Key(string name, bool isBehindAnother)
    {
        if (layout.IsFlexible)
        {
            int key = _store.Sequence(_store.Literal([(byte)'"', .. JsonText.Characters(name), (byte)'"']), layout.Colon);
            return isBehindAnother ? _store.Sequence(layout.Comma, key) : key;
        }
        byte[] comma = isBehindAnother ? layout.PlainComma : [];
        return _store.Literal([.. comma, (byte)'"', .. JsonText.Characters(name), (byte)'"', .. layout.PlainColon]);
    }

    /// <summary>What may follow behind the declared names, of which so many came.</summary>
    private int Others(int other, int count, int least, int most)
    {
        int missing = Math.Max(0, least - count), left = most == int.MaxValue ? ExpressionStore.NoEnd : most - count;
        if (left < missing)
        {
            return ExpressionStore.Nothing;
        }
        int next = _store.Sequence(layout.Comma, other);
        if (count > 0)
        {
            return _store.Repeat(next, missing, left);
        }
        if (left == 0 || other == ExpressionStore.Nothing)
        {
            return missing == 0 ? ExpressionStore.Empty : ExpressionStore.Nothing;
        }
        int some = _store.Sequence(other, _store.Repeat(next, Math.Max(0, missing - 1), left == ExpressionStore.NoEnd ? left : left - 1));
        return missing == 0 ? _store.Optional(some) : some;
    }

    /// <summary>One member with a name that is not declared.</summary>
    /// <param name="branch">The objects.</param>
    /// <param name="names">The declared names.</param>
    /// <param name="characters">What the name is among.</param>
    private int OtherMembers(SchemaBranch branch, List<Name> names, int characters)
    {
        int all = ExpressionStore.Nothing, quote = _store.Literal("\""u8);
        foreach ((int name, List<Claim> claims) in OtherNames(branch, names, characters))
        {
            all = _store.Choice(all, _store.Sequence(quote, name, quote, layout.Colon, compiler.Value(claims)));
        }
        return all;
    }

    /// <summary>The names that are not declared, by what is asked of their values.</summary>
    private IEnumerable<(int Characters, List<Claim> Claims)> OtherNames(SchemaBranch branch, List<Name> names, int characters)
    {
        var patterns = new List<string>();
        foreach (JsonItem schema in branch.Objects)
        {
            foreach (JsonItem pattern in schema["patternProperties"]?.Items ?? [])
            {
                if (!patterns.Contains(pattern.Name!))
                {
                    patterns.Add(pattern.Name!);
                }
            }
        }
        if (patterns.Count > MostPatterns)
        {
            throw SchemaFault.Limit(branch.Objects[0], $"more than {MostPatterns} patternProperties apply to one object");
        }
        var parts = new List<int> { strings.Anything };
        if (names.Count > 0)
        {
            var machine = new NameMachine(names.ConvertAll(name => JsonText.Characters(name.Text)));
            parts = [_store.Machine(_store.Add(machine), machine.Start)];
        }
        if (branch.Names.Count > 0)
        {
            parts.Add(compiler.StringCharacters(branch.Names));
        }
        for (int matched = 0; matched < 1 << patterns.Count; matched++)
        {
            rules.Budget.Spend();
            List<Claim>? claims = ClaimsOfOthers(branch, patterns, matched);
            if (claims == null)
            {
                continue;
            }
            var name = new List<int>(parts);
            for (int i = 0; i < patterns.Count; i++)
            {
                JsonItem schema = branch.Objects.Find(schema => schema["patternProperties"]?[patterns[i]] != null)!;
                JsonItem where = schema["patternProperties"]![patterns[i]]!;
                int pattern = strings.Pattern(where, patterns[i]);
                name.Add((matched >> i & 1) != 0 ? pattern : _store.Not(pattern));
            }
            int within = _store.Both([.. name, characters]);
            if (_store.Shortest(within) < ExpressionStore.NoText)
            {
                yield return (within, claims);
            }
        }
    }

    /// <summary>What is asked of the value of a name that matches just these patterns; null where there is no such value.</summary>
    private List<Claim>? ClaimsOfOthers(SchemaBranch branch, List<string> patterns, int matched)
    {
        var claims = new List<Claim>();
        foreach (JsonItem schema in branch.Objects)
        {
            bool isDeclared = false;
            foreach (JsonItem pattern in schema["patternProperties"]?.Items ?? [])
            {
                if ((matched >> patterns.IndexOf(pattern.Name!) & 1) != 0)
                {
                    claims.Add(expansion.Direct(new Claim(pattern, false)));
                    isDeclared = true;
                }
            }
            if (!isDeclared && schema["additionalProperties"] is { } others)
            {
                claims.Add(expansion.Direct(new Claim(others, false)));
            }
        }
        return claims.Exists(compiler.IsNever) ? null : claims;
    }
}
