namespace Realm.Grammars.Json;

/// <summary>
/// What a set of claims asks of a value, as alternatives without further choices: anyOf, oneOf, not, if and dependencies are split up.
/// What is denied is taken apart keyword by keyword: one of them must fail.
/// </summary>
internal sealed partial class SchemaExpansion(SchemaDocument document, SchemaCheck check, GrammarRules rules)
{
    private const int ProofDepth = 3;

    private readonly Dictionary<(JsonItem, JsonItem), bool> _disjoint = [];
    private int _proofs;

    /// <summary>The alternatives of a set of claims; none when no value meets all.</summary>
    public List<SchemaBranch> Expand(ReadOnlySpan<Claim> claims)
    {
        var branch = new SchemaBranch();
        foreach (Claim claim in claims)
        {
            branch.Pending.Enqueue(claim);
        }
        var done = new List<SchemaBranch>();
        var open = new Stack<SchemaBranch>();
        open.Push(branch);
        int made = 0;
        while (open.TryPop(out branch!))
        {
            rules.Budget.Spend();
            while (!branch.IsDead && branch.Pending.TryDequeue(out Claim claim))
            {
                Read(branch, claim);
            }
            Prune(branch);
            if (branch.IsDead)
            {
                continue;
            }
            if (branch.Splits.Count == 0)
            {
                Seal(branch);
                done.Add(branch);
                continue;
            }
            (List<Action<SchemaBranch>> split, JsonItem? anyOf) = branch.Splits[0];
            branch.Splits.RemoveAt(0);
            // Where it matters which schemas are met, all that say so were read by now: they stand above those that they ask about.
            split = anyOf != null && branch.Sealed.Count > 0 ? Together(anyOf) : split;
            if ((made += split.Count) > (_proofs > 0 ? 128 : GrammarLimits.Branches))
            {
                throw SchemaFault.Limit(claims[0].Schema, $"anyOf, oneOf, not and if make more than {GrammarLimits.Branches} combinations");
            }
            for (int i = split.Count - 1; i >= 0; i--)
            {
                SchemaBranch copy = i == 0 ? branch : branch.Copy();
                split[i](copy);
                open.Push(copy);
            }
        }
        return done;
    }

    /// <summary>A <c>$ref</c> and nothing else is what it leads to.</summary>
    public Claim Direct(Claim claim)
    {
        for (int steps = 0; steps < GrammarLimits.Depth && claim.Schema["$ref"] is { } reference; steps++)
        {
            bool isAll = document.IsOld;
            if (!isAll)
            {
                isAll = true;
                foreach (JsonItem each in claim.Schema.Items)
                {
                    isAll &= each == reference || SchemaKeywords.IsSilent(each.Name!);
                }
            }
            if (!isAll)
            {
                break;
            }
            claim = claim with { Schema = document.Resolve(claim.Schema, reference) };
        }
        return claim;
    }

    private void Read(SchemaBranch branch, Claim claim)
    {
        claim = Direct(claim);
        if (branch.Claims.Contains(claim))
        {
            return;
        }
        if (branch.Claims.Contains(claim.Denied))
        {
            branch.Die();
            return;
        }
        branch.Claims.Add(claim);
        JsonItem schema = claim.Schema;
        if (schema.Kind is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False)
        {
            if (claim.IsDenied == (schema.Kind == System.Text.Json.JsonValueKind.True))
            {
                branch.Die();
            }
            return;
        }
        if (!schema.IsObject)
        {
            throw SchemaFault.Invalid(schema, "a schema must be an object, true or false");
        }
        Warn(schema);
        if (claim.IsDenied)
        {
            Deny(branch, schema);
        }
        else
        {
            Meet(branch, schema);
        }
    }

    /// <summary>
    /// Unknown keywords are notes to the specification; the user hears of them all the same. Known ones that can't be held are errors.
    /// </summary>
    private void Warn(JsonItem schema)
    {
        foreach (JsonItem each in schema.Items)
        {
            string name = each.Name!;
            if (SchemaKeywords.IsKnown(name) || SchemaKeywords.IsSilent(name))
            {
                continue;
            }
            Warn($"schema {each.Pointer}: the keyword {name} is not known and not checked");
        }
    }

    private void Warn(string warning)
    {
        if (rules.Warnings.Count < 100 && !rules.Warnings.Contains(warning))
        {
            rules.Warnings.Add(warning);
        }
    }

    private void Meet(SchemaBranch branch, JsonItem schema)
    {
        if (schema["$ref"] is { } reference)
        {
            branch.Pending.Enqueue(new Claim(document.Resolve(schema, reference), false));
            if (document.IsOld)
            {
                return;
            }
        }
        foreach (JsonItem keyword in schema.Items)
        {
            MeetKeyword(branch, schema, keyword);
        }
        MeetUnevaluated(branch, schema);
        if (schema["properties"] != null || schema["patternProperties"] != null || schema["additionalProperties"] != null)
        {
            branch.Objects.Add(schema);
        }
        if (schema["prefixItems"] != null || schema["items"] != null)
        {
            branch.Arrays.Add(schema);
        }
        if (schema["contains"] is { } contains)
        {
            int least = schema["minContains"] is { } min ? SchemaKeywords.Count(min) : 1;
            int most = schema["maxContains"] is { } max ? SchemaKeywords.Count(max) : int.MaxValue;
            AddContains(branch, contains, new Claim(contains, false), least, most);
        }
        if (schema["if"] is { } condition && (schema["then"] ?? schema["else"]) != null)
        {
            Split(branch, [
                one => Ask(one, schema["then"], false, new Claim(condition, false)),
                one => Ask(one, schema["else"], false, new Claim(condition, true)),
            ]);
        }
    }

    private void MeetKeyword(SchemaBranch branch, JsonItem schema, JsonItem keyword)
    {
        switch (keyword.Name)
        {
            case "type":
                branch.Types &= SchemaKeywords.Types(keyword);
                break;
            case "enum":
                branch.Values = branch.Values is { } values && values.Count <= keyword.Items.Count ? values : SchemaKeywords.List(keyword);
                break;
            case "const":
                branch.Values = [keyword];
                break;
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" or "multipleOf":
                MeetNumber(branch, schema, keyword);
                break;
            case "minLength":
                branch.MinLength = Math.Max(branch.MinLength, SchemaKeywords.Count(keyword));
                break;
            case "maxLength":
                branch.MaxLength = Math.Min(branch.MaxLength, SchemaKeywords.Count(keyword));
                break;
            case "pattern" or "format":
                SchemaKeywords.Text(keyword);
                branch.Strings.Add((keyword, false));
                break;
            case "required" when !keyword.IsArray && document.IsOld:
                // Draft 3 had a flag here; later drafts refuse it, and all validators pass over it.
                break;
            case "required":
                SchemaKeywords.Names(keyword).ForEach(branch.Require);
                break;
            case "properties" or "patternProperties":
                SchemaKeywords.Map(keyword);
                break;
            case "propertyNames":
                branch.Names.Add(new Claim(keyword, false));
                break;
            case "minProperties":
                branch.MinProperties = Math.Max(branch.MinProperties, SchemaKeywords.Count(keyword));
                break;
            case "maxProperties":
                branch.MaxProperties = Math.Min(branch.MaxProperties, SchemaKeywords.Count(keyword));
                break;
            case "dependentRequired" or "dependentSchemas" or "dependencies":
                foreach (JsonItem dependency in SchemaKeywords.Map(keyword))
                {
                    Depend(branch, dependency);
                }
                break;
            case "minItems":
                branch.MinItems = Math.Max(branch.MinItems, SchemaKeywords.Count(keyword));
                break;
            case "maxItems":
                branch.MaxItems = Math.Min(branch.MaxItems, SchemaKeywords.Count(keyword));
                break;
            case "uniqueItems":
                branch.Unique = SchemaKeywords.Flag(keyword) ? keyword : branch.Unique;
                break;
            case "allOf":
                foreach (JsonItem each in SchemaKeywords.List(keyword, mayBeEmpty: false))
                {
                    branch.Pending.Enqueue(new Claim(each, false));
                }
                break;
            case "anyOf":
                branch.Splits.Add((Alternatives(keyword).ConvertAll<Action<SchemaBranch>>(each => one => Ask(one, each, false)), keyword));
                break;
            case "oneOf":
                Split(branch, OneOf(SchemaKeywords.List(keyword, mayBeEmpty: false)));
                break;
            case "not":
                branch.Pending.Enqueue(new Claim(keyword, true));
                break;
        }
    }

    private static void Split(SchemaBranch branch, List<Action<SchemaBranch>> ways) => branch.Splits.Add((ways, null));

    private static void MeetNumber(SchemaBranch branch, JsonItem schema, JsonItem keyword)
    {
        if (keyword.Name is "exclusiveMinimum" or "exclusiveMaximum" && !keyword.IsNumber)
        {
            // Draft 4: a flag for the bound beside it.
            if (SchemaKeywords.Flag(keyword))
            {
                bool isLow = keyword.Name == "exclusiveMinimum";
                if (schema[isLow ? "minimum" : "maximum"] is { } bound)
                {
                    Bind(branch.Numbers, isLow, SchemaKeywords.Number(bound), true);
                }
            }
            return;
        }
        Exact value = SchemaKeywords.Number(keyword);
        if (keyword.Name == "multipleOf")
        {
            branch.Numbers.MultipleOf(value.Sign > 0 ? value : throw SchemaFault.Invalid(keyword, "multipleOf must be above 0"));
            return;
        }
        bool isOpen = keyword.Name is "exclusiveMinimum" or "exclusiveMaximum";
        Bind(branch.Numbers, keyword.Name is "minimum" or "exclusiveMinimum", value, isOpen);
    }

    private static void Bind(NumberBounds numbers, bool isLow, Exact value, bool open)
    {
        if (isLow)
        {
            numbers.AtLeast(value, open);
        }
        else
        {
            numbers.AtMost(value, open);
        }
    }

    private static void AddContains(SchemaBranch branch, JsonItem keyword, Claim claim, int least, int most)
    {
        if (most == 0)
        {
            branch.Items.Add((-1, claim.Denied));
        }
        if (most < least)
        {
            branch.Types &= ~JsonTypes.Array;
        }
        else if (least > 0 || most is > 0 and < int.MaxValue)
        {
            branch.Contains.Add((keyword, claim, least, most));
            branch.MinItems = Math.Max(branch.MinItems, least);
        }
    }

    private static void Depend(SchemaBranch branch, JsonItem dependency)
    {
        string name = dependency.Name!;
        if (dependency is { IsArray: true, Items.Count: 0 })
        {
            return;
        }
        Split(branch, [
            one =>
            {
                // No object, or one without the name: as a name that is forbidden says nothing of other values, one alternative does for
                // both.
                one.Forbidden.Add(name);
            },
            one =>
            {
                one.Types &= JsonTypes.Object;
                if (dependency.IsArray || dependency.IsString)
                {
                    // What is asked for stands before what asks for it, where nothing else says the order.
                    (dependency.IsString ? [dependency.Text] : SchemaKeywords.Names(dependency)).ForEach(one.Require);
                }
                else
                {
                    one.Pending.Enqueue(new Claim(dependency, false));
                }
                one.Require(name);
            },
        ]);
    }

    /// <summary>Exactly one of several: each together with the denial of those that it may meet at the same time.</summary>
    private List<Action<SchemaBranch>> OneOf(List<JsonItem> schemas)
    {
        var alternatives = new List<Action<SchemaBranch>>();
        for (int i = 0; i < schemas.Count; i++)
        {
            JsonItem chosen = schemas[i];
            int place = i;
            alternatives.Add(one =>
            {
                one.Pending.Enqueue(new Claim(chosen, false));
                for (int j = 0; j < schemas.Count; j++)
                {
                    if (j != place && !AreDisjoint(chosen, schemas[j]))
                    {
                        one.Pending.Enqueue(new Claim(schemas[j], true));
                    }
                }
            });
        }
        return alternatives;
    }

    /// <summary>Whether it is clear that no value meets both.</summary>
    private bool AreDisjoint(JsonItem x, JsonItem y)
    {
        if (_disjoint.TryGetValue((x, y), out bool known))
        {
            return known;
        }
        _disjoint[(x, y)] = _disjoint[(y, x)] = false;
        bool disjoint = _proofs < ProofDepth && IsClearlyEmpty([new Claim(x, false), new Claim(y, false)]);
        return _disjoint[(x, y)] = _disjoint[(y, x)] = disjoint;
    }

    /// <summary>Whether it is clear at first sight that no value meets all claims.</summary>
    private bool IsClearlyEmpty(ReadOnlySpan<Claim> claims)
    {
        _proofs++;
        int warnings = rules.Warnings.Count;
        try
        {
            return Expand(claims).Count == 0;
        }
        catch (RealmException e) when (e.Code == ErrorCode.Unsupported
            || e.Code == ErrorCode.Limit && e.Message.StartsWith("schema", StringComparison.Ordinal))
        {
            // What can't be told is not clear.
            return false;
        }
        finally
        {
            _proofs--;
            rules.Warnings.RemoveRange(warnings, rules.Warnings.Count - warnings);
        }
    }

    private static void Ask(SchemaBranch branch, JsonItem? schema, bool denied, params ReadOnlySpan<Claim> more)
    {
        foreach (Claim claim in more)
        {
            branch.Pending.Enqueue(claim);
        }
        if (schema != null)
        {
            branch.Pending.Enqueue(new Claim(schema, denied));
        }
    }

    /// <summary>Takes away kinds of values whose requirements contradict one another, as far as that shows at once.</summary>
    private void Prune(SchemaBranch branch)
    {
        if (branch.IsDead)
        {
            return;
        }
        if (branch.Values != null)
        {
            branch.Values = branch.Values.FindAll(value => check.Meets(value, branch.Claims));
            if (branch.Values.Count == 0)
            {
                branch.Die();
            }
            return;
        }
        branch.Types &= branch.Numbers.IsEmpty ? ~JsonTypes.Number : JsonTypes.All;
        branch.Types &= branch.MinLength > branch.MaxLength ? ~JsonTypes.String : JsonTypes.All;
        branch.Types &= branch.MinItems > branch.MaxItems ? ~JsonTypes.Array : JsonTypes.All;
        branch.Types &= branch.MinProperties > branch.MaxProperties ? ~JsonTypes.Object : JsonTypes.All;
        if ((branch.Types & JsonTypes.Object) != 0
            && branch.Required.Exists(name => branch.Forbidden.Contains(name) || IsMemberImpossible(branch, name)))
        {
            branch.Types &= ~JsonTypes.Object;
        }
    }

    private bool IsMemberImpossible(SchemaBranch branch, string name)
    {
        if (_proofs >= ProofDepth)
        {
            return false;
        }
        List<Claim> claims = ClaimsOfMember(branch, name);
        return claims.Count > 1 && IsClearlyEmpty([.. claims])
            || claims.Exists(claim => Direct(claim) is { Schema.Kind: System.Text.Json.JsonValueKind.False, IsDenied: false });
    }

    /// <summary>All that is asked of the value of a name.</summary>
    public List<Claim> ClaimsOfMember(SchemaBranch branch, string name)
    {
        var claims = new List<Claim>();
        foreach (JsonItem schema in branch.Objects)
        {
            bool isDeclared = false;
            if (schema["properties"]?[name] is { } property)
            {
                Add(new Claim(property, false));
                isDeclared = true;
            }
            foreach (JsonItem pattern in schema["patternProperties"]?.Items ?? [])
            {
                if (check.IsMatch(pattern, pattern.Name!, name))
                {
                    Add(new Claim(pattern, false));
                    isDeclared = true;
                }
            }
            if (!isDeclared && schema["additionalProperties"] is { } others)
            {
                Add(new Claim(others, false));
            }
        }
        foreach ((string member, Claim claim) in branch.Members)
        {
            if (member == name)
            {
                Add(claim);
            }
        }
        return claims;

        void Add(Claim claim)
        {
            claim = Direct(claim);
            if (!claims.Contains(claim))
            {
                claims.Add(claim);
            }
        }
    }
}
