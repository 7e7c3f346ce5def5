using System.Text.Json;

namespace Realm.Grammars.Json;

/// <summary>
/// unevaluatedProperties and unevaluatedItems: once all choices are made it is known which schemas a value meets, and so what they speak of.
/// The rest is asked for by a schema that is made for it.
/// </summary>
internal sealed partial class SchemaExpansion
{
    /// <summary>So many of an anyOf are told apart by all of their combinations, and so many by pairs.</summary>
    private const int MostCombined = 4, MostPaired = 12;

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

    /// <summary>Ways to meet an anyOf: one schema, or several of them, which then all count as met.</summary>
    private static List<Action<SchemaBranch>> Together(List<JsonItem> schemas)
    {
        var ways = schemas.ConvertAll<Action<SchemaBranch>>(each => one => Ask(one, each, false));
        int most = schemas.Count <= MostCombined ? schemas.Count : schemas.Count <= MostPaired ? 2 : 1;
        for (int size = 2; size <= most; size++)
        {
            for (int chosen = 0; chosen < 1 << schemas.Count; chosen++)
            {
                if (System.Numerics.BitOperations.PopCount((uint)chosen) == size)
                {
                    List<JsonItem> together = schemas.FindAll(each => (chosen >> schemas.IndexOf(each) & 1) != 0);
                    ways.Add(one => together.ForEach(each => Ask(one, each, false)));
                }
            }
        }
        return ways;
    }

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
            branch.Splits.Add([one => Ask(one, condition, false), _ => { }]);
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
