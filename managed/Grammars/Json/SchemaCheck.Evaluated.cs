namespace Realm.Grammars.Json;

/// <summary>What of a given value schemas have looked at.</summary>
internal sealed partial class SchemaCheck
{
    private readonly Dictionary<(JsonItem Item, JsonItem Schema), bool> _evaluated = [];

    /// <summary>Whether a schema that a value meets, or one that is met together with it, speaks of a member or item.</summary>
    /// <param name="value">An object or array.</param>
    /// <param name="item">One of its values.</param>
    /// <param name="schema">A schema that it meets.</param>
    /// <param name="isOwn">Whether it is the schema whose unevaluatedProperties or unevaluatedItems asks.</param>
    private bool IsEvaluated(JsonItem value, JsonItem item, JsonItem schema, bool isOwn)
    {
        if (!schema.IsObject)
        {
            return false;
        }
        budget.Spend();
        if (isOwn || !_evaluated.TryGetValue((item, schema), out bool isEvaluated))
        {
            isEvaluated = (value.IsObject ? IsNamed(item, schema, isOwn) : IsCounted(item, schema, isOwn))
                || Beside(value, schema).Exists(each => IsEvaluated(value, item, each, isOwn: false));
        }
        if (!isOwn)
        {
            _evaluated[(item, schema)] = isEvaluated;
        }
        return isEvaluated;
    }

    private bool IsNamed(JsonItem member, JsonItem schema, bool isOwn)
    {
        return schema["properties"]?[member.Name!] != null || schema["additionalProperties"] != null
            || !isOwn && schema["unevaluatedProperties"] != null
            || (schema["patternProperties"]?.Items ?? []).Exists(pattern => IsMatch(pattern, pattern.Name!, member.Name!));
    }

    private bool IsCounted(JsonItem item, JsonItem schema, bool isOwn)
    {
        (List<JsonItem> front, JsonItem? others) = SchemaKeywords.Items(schema);
        return others != null || item.Parent!.Items.IndexOf(item) < front.Count || !isOwn && schema["unevaluatedItems"] != null
            || document.ContainsEvaluates && schema["contains"] is { } contains && Meets(item, contains);
    }

    /// <summary>The schemas beside a schema that a value meets too.</summary>
    private List<JsonItem> Beside(JsonItem value, JsonItem schema)
    {
        var all = new List<JsonItem>(schema["allOf"]?.Items ?? []);
        if (schema["$ref"] is { } reference)
        {
            all.Add(document.Resolve(schema, reference));
        }
        all.AddRange(document.DynamicTargets(schema));
        foreach (string name in (ReadOnlySpan<string>)["anyOf", "oneOf"])
        {
            all.AddRange((schema[name]?.Items ?? []).FindAll(each => MeetsPart(value, each)));
        }
        if (schema["if"] is { } condition)
        {
            bool isMet = MeetsPart(value, condition);
            all.AddRange(isMet ? [condition] : []);
            all.AddRange(schema[isMet ? "then" : "else"] is { } then ? [then] : []);
        }
        foreach (JsonItem each in schema["dependentSchemas"]?.Items ?? [])
        {
            all.AddRange(value[each.Name!] != null ? [each] : []);
        }
        return all;
    }
}
