using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Realm.Grammars.Json;

/// <summary>
/// Whether a given value meets claims: for the values of <c>enum</c> and <c>const</c>, which are looked at one by one instead of being
/// made an automaton's concern.
/// </summary>
internal sealed partial class SchemaCheck(SchemaDocument document, StringShape strings, CompileBudget budget)
{
    /// <summary>What schemas that stand in others said of a value: one that is referred to in many ways is asked once.</summary>
    private readonly Dictionary<(JsonItem Value, JsonItem Schema), bool> _known = [];

    public bool Meets(JsonItem value, List<Claim> claims) => claims.TrueForAll(claim => Meets(value, claim.Schema) != claim.IsDenied);

    /// <summary>Whether a pattern is somewhere in a text.</summary>
    public bool IsMatch(JsonItem where, string pattern, string text) => strings.IsIn(strings.Pattern(where, pattern), text);

    /// <summary>Whether two values are the same to JSON Schema: numbers by value, members in any order.</summary>
    public static bool AreEqual(JsonItem x, JsonItem y)
    {
        if (x.Kind != y.Kind || x.Items.Count != y.Items.Count)
        {
            return false;
        }
        switch (x.Kind)
        {
            case JsonValueKind.String:
                return x.Text == y.Text;
            case JsonValueKind.Number:
                return Exact.Parse(x.Text) is { } a && Exact.Parse(y.Text) is { } b ? a.Equals(b) : x.Text == y.Text;
            default:
                for (int i = 0; i < x.Items.Count; i++)
                {
                    JsonItem? other = x.IsObject ? y[x.Items[i].Name!] : y.Items[i];
                    if (other == null || !AreEqual(x.Items[i], other))
                    {
                        return false;
                    }
                }
                return true;
        }
    }

    private bool MeetsPart(JsonItem value, JsonItem schema)
    {
        if (!_known.TryGetValue((value, schema), out bool isMet))
        {
            _known[(value, schema)] = isMet = Meets(value, schema);
        }
        return isMet;
    }

    private bool Meets(JsonItem value, JsonItem schema)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw SchemaFault.Limit(schema, "references lead in a circle, or too deep");
        }
        budget.Spend();
        if (!schema.IsObject)
        {
            return schema.Kind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw SchemaFault.Invalid(schema, "a schema must be an object, true or false"),
            };
        }
        if (schema["$ref"] is { } reference)
        {
            JsonItem target = document.Resolve(schema, reference);
            if (!MeetsPart(value, target))
            {
                return false;
            }
            if (document.IsOld)
            {
                return true;
            }
        }
        foreach (JsonItem target in document.DynamicTargets(schema))
        {
            if (!MeetsPart(value, target))
            {
                return false;
            }
        }
        foreach (JsonItem keyword in schema.Items)
        {
            if (!MeetsKeyword(value, schema, keyword))
            {
                return false;
            }
        }
        return true;
    }

    private bool MeetsKeyword(JsonItem value, JsonItem schema, JsonItem keyword)
    {
        switch (keyword.Name)
        {
            case "type":
                return (SchemaKeywords.Types(keyword) & TypeOf(value)) != 0;
            case "enum":
                return SchemaKeywords.List(keyword).Exists(each => AreEqual(each, value));
            case "const":
                return AreEqual(keyword, value);
            case "allOf":
                return SchemaKeywords.List(keyword).TrueForAll(each => MeetsPart(value, each));
            case "anyOf":
                return SchemaKeywords.List(keyword).Exists(each => MeetsPart(value, each));
            case "oneOf":
                return SchemaKeywords.List(keyword).FindAll(each => MeetsPart(value, each)).Count == 1;
            case "not":
                return !MeetsPart(value, keyword);
            case "if":
                return (MeetsPart(value, keyword) ? schema["then"] : schema["else"]) is not { } then || MeetsPart(value, then);
        }
        return value.Kind switch
        {
            JsonValueKind.Number => MeetsNumber(value, schema, keyword),
            JsonValueKind.String => MeetsString(value, keyword),
            JsonValueKind.Object => MeetsObject(value, schema, keyword),
            JsonValueKind.Array => MeetsArray(value, schema, keyword),
            _ => true,
        };
    }

    private static bool MeetsNumber(JsonItem value, JsonItem schema, JsonItem keyword)
    {
        if (keyword.Name is not ("minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" or "multipleOf"))
        {
            return true;
        }
        Exact number = Exact.Parse(value.Text) ?? throw SchemaFault.Limit(value, "a number has too many digits");
        if (!keyword.IsNumber)
        {
            bool isLow = keyword.Name == "exclusiveMinimum";
            return !SchemaKeywords.Flag(keyword) || schema[isLow ? "minimum" : "maximum"] is not { } bound
                || (isLow ? number.CompareTo(SchemaKeywords.Number(bound)) > 0 : number.CompareTo(SchemaKeywords.Number(bound)) < 0);
        }
        Exact limit = SchemaKeywords.Number(keyword);
        return keyword.Name switch
        {
            "minimum" => number.CompareTo(limit) >= 0,
            "maximum" => number.CompareTo(limit) <= 0,
            "exclusiveMinimum" => number.CompareTo(limit) > 0,
            "exclusiveMaximum" => number.CompareTo(limit) < 0,
            _ => limit.Sign > 0 ? number.IsMultipleOf(limit) : throw SchemaFault.Invalid(keyword, "multipleOf must be above 0"),
        };
    }

    private bool MeetsString(JsonItem value, JsonItem keyword)
    {
        switch (keyword.Name)
        {
            case "minLength":
                return Length() >= SchemaKeywords.Count(keyword);
            case "maxLength":
                return Length() <= SchemaKeywords.Count(keyword);
            case "pattern":
                return IsMatch(keyword, SchemaKeywords.Text(keyword), value.Text);
            case "format":
                return strings.Format(keyword) is not { } format || strings.IsIn(format, value.Text);
            default:
                return true;
        }

        int Length()
        {
            int count = 0;
            foreach (System.Text.Rune _ in value.Text.EnumerateRunes())
            {
                count++;
            }
            return count;
        }
    }

    private bool MeetsObject(JsonItem value, JsonItem schema, JsonItem keyword)
    {
        switch (keyword.Name)
        {
            case "required" when keyword.IsArray:
                return SchemaKeywords.Names(keyword).TrueForAll(name => value[name] != null);
            case "properties":
                return value.Items.TrueForAll(item => keyword[item.Name!] is not { } property || Meets(item, property));
            case "patternProperties":
                return value.Items.TrueForAll(item =>
                    keyword.Items.TrueForAll(pattern => !IsMatch(pattern, pattern.Name!, item.Name!) || Meets(item, pattern)));
            case "additionalProperties":
                return value.Items.TrueForAll(item => schema["properties"]?[item.Name!] != null
                    || (schema["patternProperties"]?.Items ?? []).Exists(pattern => IsMatch(pattern, pattern.Name!, item.Name!))
                    || Meets(item, keyword));
            case "propertyNames":
                return value.Items.TrueForAll(item => Meets(JsonItem.OfString(item.Name!), keyword));
            case "unevaluatedProperties" when !document.IsOld:
                return value.Items.TrueForAll(item => IsEvaluated(value, item, schema, isOwn: true) || Meets(item, keyword));
            case "minProperties":
                return value.Items.Count >= SchemaKeywords.Count(keyword);
            case "maxProperties":
                return value.Items.Count <= SchemaKeywords.Count(keyword);
            case "dependentRequired" or "dependentSchemas" or "dependencies":
                return SchemaKeywords.Map(keyword).TrueForAll(each => value[each.Name!] == null
                    || (each.IsArray ? SchemaKeywords.Names(each).TrueForAll(name => value[name] != null)
                        : each.IsString ? value[each.Text] != null : MeetsPart(value, each)));
            default:
                return true;
        }
    }

    private bool MeetsArray(JsonItem value, JsonItem schema, JsonItem keyword)
    {
        switch (keyword.Name)
        {
            case "minItems":
                return value.Items.Count >= SchemaKeywords.Count(keyword);
            case "maxItems":
                return value.Items.Count <= SchemaKeywords.Count(keyword);
            case "prefixItems" or "items" or "additionalItems":
                (List<JsonItem> front, JsonItem? others) = SchemaKeywords.Items(schema);
                for (int i = 0; i < value.Items.Count; i++)
                {
                    if ((i < front.Count ? front[i] : others) is { } item && !Meets(value.Items[i], item))
                    {
                        return false;
                    }
                }
                return true;
            case "unevaluatedItems" when !document.IsOld:
                return value.Items.TrueForAll(item => IsEvaluated(value, item, schema, isOwn: true) || Meets(item, keyword));
            case "contains":
                int count = value.Items.FindAll(item => Meets(item, keyword)).Count;
                return count >= (schema["minContains"] is { } min ? SchemaKeywords.Count(min) : 1)
                    && count <= (schema["maxContains"] is { } max ? SchemaKeywords.Count(max) : int.MaxValue);
            case "uniqueItems" when SchemaKeywords.Flag(keyword):
                return value.Items.TrueForAll(item => value.Items.Find(other => AreEqual(item, other)) == item);
            default:
                return true;
        }
    }

    private static JsonTypes TypeOf(JsonItem value) => value.Kind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.Number => Exact.Parse(value.Text) is { IsInteger: true } ? JsonTypes.Integer : JsonTypes.Fraction,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Object => JsonTypes.Object,
        _ => JsonTypes.Array,
    };
}
