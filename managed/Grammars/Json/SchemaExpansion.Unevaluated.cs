using System.Text.Json;

namespace Realm.Grammars.Json;

/// <summary>
/// unevaluatedProperties and unevaluatedItems: once all choices are made it is known which schemas a value meets, and so what they speak of.
/// The rest is asked for by a schema that is made for it.
/// </summary>
internal sealed partial class SchemaExpansion
{
    /// <summary>Ways to meet an anyOf that are told apart.</summary>
    private const int MostCombinations = 512;

    private readonly Dictionary<(JsonItem, string), JsonItem> _rests = [];

    /// <summary>What is looked at by schemas that are met together.</summary>
    private sealed class Evaluated
    {
        public HashSet<JsonItem> Seen { get; } = [];

        public List<string> Names { get; } = [];

        public List<string> Patterns { get; } = [];

        public bool AllMembers { get; set; }

        public int Front { get; set; }

        public bool AllItems { get; set; }

        public List<JsonItem> Contained { get; } = [];
    }

    /// <summary>
    /// Ways to meet an anyOf: one schema, or several of them, which then all count as met; but for those that no value meets at the same time.
    /// The fewest first, and where they are too many to be told apart those with more are left out, which is said.
    /// </summary>
    private List<Action<SchemaBranch>> Together(JsonItem anyOf)
    {
        List<JsonItem> schemas = Alternatives(anyOf);
        List<List<int>> all = [.. Enumerable.Range(0, schemas.Count).Select(i => new List<int> { i })];
        for (int at = 0; at < all.Count; at++)
        {
            for (int next = all[at][^1] + 1; next < schemas.Count; next++)
            {
                rules.Budget.Spend();
                if (all[at].Exists(each => AreDisjoint(schemas[each], schemas[next])))
                {
                    continue;
                }
                if (all.Count >= Math.Max(MostCombinations, schemas.Count))
                {
                    Warn($"schema {anyOf.Pointer}: too many of anyOf's schemas may be met at once beside unevaluated keywords; "
                        + $"values that meet more than {all[at].Count} of them are not all generated");
                    return Ways();
                }
                all.Add([.. all[at], next]);
            }
        }
        return Ways();

        List<Action<SchemaBranch>> Ways() =>
            all.ConvertAll<Action<SchemaBranch>>(chosen => one => chosen.ForEach(i => Ask(one, schemas[i], false)));
    }

    /// <summary>The schemas of an anyOf, each once.</summary>
    private List<JsonItem> Alternatives(JsonItem anyOf) =>
        [.. SchemaKeywords.List(anyOf, mayBeEmpty: false).ConvertAll(each => Direct(new Claim(each, false)).Schema).Distinct()];

    /// <summary>References and conditions that say what is evaluated, and what is asked of the rest.</summary>
    private void MeetUnevaluated(SchemaBranch branch, JsonItem schema)
    {
        foreach (JsonItem target in document.DynamicTargets(schema))
        {
            branch.Pending.Enqueue(new Claim(target, false));
        }
        if (!document.IsOld && (schema["unevaluatedProperties"] ?? schema["unevaluatedItems"]) != null)
        {
            branch.Sealed.Add(schema);
        }
        if (document.HasUnevaluated && schema["if"] is { } condition && (schema["then"] ?? schema["else"]) == null)
        {
            // Where it is met it counts as looked at.
            Split(branch, [one => Ask(one, condition, false), _ => { }]);
        }
    }

    private void Seal(SchemaBranch branch)
    {
        foreach (JsonItem schema in branch.Sealed)
        {
            var evaluated = new Evaluated();
            Evaluate(branch, schema, evaluated, isOwn: true);
            if (schema["unevaluatedProperties"] is { Kind: not JsonValueKind.True } members && !evaluated.AllMembers)
            {
                branch.Objects.Add(JsonItem.Made(JsonValueKind.Object, schema, "unevaluatedProperties",
                    JsonItem.Made(JsonValueKind.Object, schema, "properties", [.. evaluated.Names.ConvertAll(Any)]),
                    JsonItem.Made(JsonValueKind.Object, schema, "patternProperties", [.. evaluated.Patterns.ConvertAll(Any)]),
                    Rest(schema, "additionalProperties", [members])));
            }
            if (schema["unevaluatedItems"] is { Kind: not JsonValueKind.True } items && !evaluated.AllItems)
            {
                List<JsonItem> front = Enumerable.Range(0, evaluated.Front).Select(i => Any(i.ToString())).ToList();
                branch.Arrays.Add(JsonItem.Made(JsonValueKind.Object, schema, "unevaluatedItems",
                    JsonItem.Made(JsonValueKind.Array, schema, "prefixItems", [.. front]),
                    Rest(schema, "items", [.. evaluated.Contained, items])));
            }

            JsonItem Any(string name) => JsonItem.Made(JsonValueKind.True, schema, name);
        }
        Prune(branch);
    }

    /// <summary>One of some schemas, as a keyword: the same for the same ones, so that rules are not made anew.</summary>
    private JsonItem Rest(JsonItem schema, string keyword, List<JsonItem> any)
    {
        (JsonItem, string) key = (schema, string.Join(' ', any.ConvertAll(each => each.Pointer)));
        if (!_rests.TryGetValue(key, out JsonItem? rest))
        {
            _rests[key] = rest = any is [{ Kind: JsonValueKind.False }] ? JsonItem.Made(JsonValueKind.False, schema, keyword)
                : JsonItem.Made(JsonValueKind.Object, schema, keyword, JsonItem.Made(JsonValueKind.Array, schema, "anyOf", [.. any]));
        }
        return rest;
    }

    private void Evaluate(SchemaBranch branch, JsonItem schema, Evaluated evaluated, bool isOwn)
    {
        if (!schema.IsObject || !evaluated.Seen.Add(schema))
        {
            return;
        }
        rules.Budget.Spend();
        evaluated.Names.AddRange((schema["properties"]?.Items ?? []).ConvertAll(each => each.Name!).Except(evaluated.Names));
        evaluated.Patterns.AddRange((schema["patternProperties"]?.Items ?? []).ConvertAll(each => each.Name!).Except(evaluated.Patterns));
        evaluated.AllMembers |= schema["additionalProperties"] != null || !isOwn && schema["unevaluatedProperties"] != null;
        (List<JsonItem> front, JsonItem? others) = SchemaKeywords.Items(schema);
        evaluated.Front = Math.Max(evaluated.Front, front.Count);
        evaluated.AllItems |= others != null || !isOwn && schema["unevaluatedItems"] != null;
        if (document.ContainsEvaluates && schema["contains"] is { } contains)
        {
            evaluated.Contained.Add(contains);
        }
        foreach (JsonItem each in Beside(branch, schema))
        {
            Claim claim = Direct(new Claim(each, false));
            if (branch.Claims.Contains(claim))
            {
                Evaluate(branch, claim.Schema, evaluated, isOwn: false);
            }
        }
    }

    /// <summary>The schemas that may be met together with a schema, by the same value.</summary>
    private List<JsonItem> Beside(SchemaBranch branch, JsonItem schema)
    {
        var all = new List<JsonItem>();
        foreach (string name in (ReadOnlySpan<string>)["allOf", "anyOf", "oneOf"])
        {
            all.AddRange(schema[name]?.Items ?? []);
        }
        all.AddRange((schema["dependentSchemas"]?.Items ?? []).FindAll(each => branch.Required.Contains(each.Name!)));
        if (schema["if"] is { } condition)
        {
            bool isMet = branch.Claims.Contains(Direct(new Claim(condition, false)));
            all.AddRange(isMet ? [condition] : []);
            all.AddRange(schema[isMet ? "then" : "else"] is { } then ? [then] : []);
        }
        all.AddRange(document.DynamicTargets(schema));
        all.AddRange(schema["$ref"] is { } reference ? [document.Resolve(schema, reference)] : []);
        return all;
    }
}
