namespace Realm.Grammars.Json;

/// <summary>What is read from the keywords of schemas, checked for its kind.</summary>
internal static class SchemaKeywords
{
    /// <summary>Keywords that say nothing about values, or only where they are used from.</summary>
    private static readonly HashSet<string> Silent =
    [
        "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$comment", "$defs", "definitions", "title",
        "description",
        "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema",
    ];

    private static readonly HashSet<string> Known =
    [
        "$ref", "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
        "maxLength", "pattern", "format", "properties", "required", "patternProperties", "additionalProperties", "propertyNames",
        "minProperties",
        "maxProperties", "dependentRequired", "dependentSchemas", "dependencies", "prefixItems", "items", "additionalItems", "contains",
        "minContains", "maxContains", "minItems", "maxItems", "uniqueItems", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
        "$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties",
    ];

    /// <summary>Whether a keyword is one that the specification knows and this engine holds.</summary>
    public static bool IsKnown(string keyword) => Known.Contains(keyword);

    /// <summary>Whether a keyword is said to say nothing about the value.</summary>
    public static bool IsSilent(string keyword) => Silent.Contains(keyword);

    public static JsonTypes Types(JsonItem type)
    {
        JsonTypes types = JsonTypes.None;
        foreach (JsonItem each in type.IsArray ? type.Items : [type])
        {
            types |= each.Text switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "integer" => JsonTypes.Integer,
                "number" => JsonTypes.Number,
                "string" => JsonTypes.String,
                "object" => JsonTypes.Object,
                "array" => JsonTypes.Array,
                "any" when each.IsString => JsonTypes.All,
                _ => throw SchemaFault.Invalid(each,
                    "type must be null, boolean, integer, number, string, object or array, or a list of these"),
            };
        }
        return types;
    }

    /// <summary>A count: a whole number from 0 on; very large ones are as good as none.</summary>
    public static int Count(JsonItem item)
    {
        if (!item.IsNumber || Number(item) is not { IsInteger: true, Sign: >= 0 } value)
        {
            throw SchemaFault.Invalid(item, $"{item.Name} must be a whole number from 0 on");
        }
        return value.CompareTo(new Exact(GrammarLimits.Repetitions, 0)) > 0 ? GrammarLimits.Repetitions : (int)value.Scaled(0);
    }

    public static Exact Number(JsonItem item)
    {
        if (!item.IsNumber)
        {
            throw SchemaFault.Invalid(item, $"{item.Name} must be a number");
        }
        return Exact.Parse(item.Text) ?? throw SchemaFault.Limit(item, $"{item.Name} has too many digits");
    }

    public static List<JsonItem> List(JsonItem item, bool mayBeEmpty = true)
    {
        return item.IsArray && (mayBeEmpty || item.Items.Count > 0) ? item.Items
            : throw SchemaFault.Invalid(item, $"{item.Name} must be an array{(mayBeEmpty ? "" : " with something in it")}");
    }

    public static List<JsonItem> Map(JsonItem item)
    {
        return item.IsObject ? item.Items : throw SchemaFault.Invalid(item, $"{item.Name} must be an object");
    }

    public static List<string> Names(JsonItem item)
    {
        var names = new List<string>();
        foreach (JsonItem each in List(item))
        {
            names.Add(each.IsString ? each.Text : throw SchemaFault.Invalid(each, $"{item.Name} must be an array of strings"));
        }
        return names;
    }

    public static string Text(JsonItem item)
    {
        return item.IsString ? item.Text : throw SchemaFault.Invalid(item, $"{item.Name} must be a string");
    }

    public static bool Flag(JsonItem item)
    {
        return item.Kind switch
        {
            System.Text.Json.JsonValueKind.True => true,
            System.Text.Json.JsonValueKind.False => false,
            _ => throw SchemaFault.Invalid(item, $"{item.Name} must be true or false"),
        };
    }

    /// <summary>The schemas of single items at the front, and the one of all others (null: any).</summary>
    public static (List<JsonItem> Front, JsonItem? Others) Items(JsonItem schema)
    {
        if (schema["prefixItems"] is { } prefix)
        {
            return (List(prefix), schema["items"]);
        }
        return schema["items"] is { IsArray: true } items ? (items.Items, schema["additionalItems"]) : ([], schema["items"]);
    }
}
