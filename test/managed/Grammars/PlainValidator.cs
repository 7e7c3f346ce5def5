using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Realm.Tests.Grammars;

/// <summary>
/// JSON Schema checked the plain way, keyword by keyword on a parsed value, independent of the engine: .NET's patterns and decimals. Formats and what
/// it does not know it leaves alone.
/// </summary>
internal sealed class PlainValidator
{
    private readonly JsonElement _root;
    private readonly bool _isOld;

    public PlainValidator(JsonElement root)
    {
        _root = root;
        _isOld = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("$schema", out JsonElement dialect)
            && Regex.IsMatch(dialect.ToString(), "draft-0[3-7]");
    }

    /// <summary>The keyword that was not met.</summary>
    public string Fault { get; private set; } = "";

    public bool IsValid(JsonElement value) => IsValid(value, _root);

    private bool IsValid(JsonElement value, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return schema.ValueKind == JsonValueKind.True;
        }
        if (_isOld && schema.TryGetProperty("$ref", out JsonElement reference))
        {
            return Meets(value, schema, "$ref", reference);
        }
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (!Meets(value, schema, keyword.Name, keyword.Value))
            {
                Fault = keyword.Name;
                return false;
            }
        }
        return true;
    }

    private bool Meets(JsonElement value, JsonElement schema, string name, JsonElement keyword)
    {
        switch (name)
        {
            case "$ref":
                return Find(keyword.GetString()!) is not { } target || IsValid(value, target);
            case "type":
                return keyword.ValueKind == JsonValueKind.Array ? keyword.EnumerateArray().Any(each => IsOf(value, each.GetString()!)) : IsOf(value, keyword.GetString()!);
            case "enum":
                return keyword.EnumerateArray().Any(each => JsonElement.DeepEquals(each, value));
            case "const":
                return JsonElement.DeepEquals(keyword, value);
            case "allOf":
                return keyword.EnumerateArray().All(each => IsValid(value, each));
            case "anyOf":
                return keyword.EnumerateArray().Any(each => IsValid(value, each));
            case "oneOf":
                return keyword.EnumerateArray().Count(each => IsValid(value, each)) == 1;
            case "not":
                return !IsValid(value, keyword);
            case "if":
                return !schema.TryGetProperty(IsValid(value, keyword) ? "then" : "else", out JsonElement then) || IsValid(value, then);
        }
        return value.ValueKind switch
        {
            JsonValueKind.Object => MeetsObject(value, schema, name, keyword),
            JsonValueKind.Array => MeetsArray(value, schema, name, keyword),
            JsonValueKind.String => MeetsString(value.GetString()!, name, keyword),
            JsonValueKind.Number => MeetsNumber(value, name, keyword),
            _ => true,
        };
    }

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "integer" => value.ValueKind == JsonValueKind.Number && !Regex.IsMatch(value.GetRawText(), @"\.\d*[1-9]|e-"),
        "number" => value.ValueKind == JsonValueKind.Number,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => true,
    };

    private bool MeetsObject(JsonElement value, JsonElement schema, string name, JsonElement keyword)
    {
        JsonProperty[] members = [.. value.EnumerateObject()];
        bool Has(string member) => value.TryGetProperty(member, out _);
        switch (name)
        {
            case "required" when keyword.ValueKind == JsonValueKind.Array:
                return keyword.EnumerateArray().All(each => Has(each.GetString()!));
            case "properties":
                return members.All(member => !keyword.TryGetProperty(member.Name, out JsonElement property) || IsValid(member.Value, property));
            case "patternProperties":
                return members.All(member => keyword.EnumerateObject().All(pattern => !Regex.IsMatch(member.Name, pattern.Name) || IsValid(member.Value, pattern.Value)));
            case "additionalProperties":
                return members.All(member => schema.TryGetProperty("properties", out JsonElement properties) && properties.TryGetProperty(member.Name, out _)
                    || schema.TryGetProperty("patternProperties", out JsonElement patterns) && patterns.EnumerateObject().Any(pattern => Regex.IsMatch(member.Name, pattern.Name))
                    || IsValid(member.Value, keyword));
            case "propertyNames":
                return members.All(member => IsValid(JsonSerializer.SerializeToElement(member.Name), keyword));
            case "minProperties":
                return members.Length >= keyword.GetInt32();
            case "maxProperties":
                return members.Length <= keyword.GetInt32();
            case "dependentRequired" or "dependentSchemas" or "dependencies":
                return keyword.EnumerateObject().All(each => !Has(each.Name) || (each.Value.ValueKind == JsonValueKind.Array
                    ? each.Value.EnumerateArray().All(other => Has(other.GetString()!))
                    : IsValid(value, each.Value)));
            default:
                return true;
        }
    }

    private bool MeetsArray(JsonElement value, JsonElement schema, string name, JsonElement keyword)
    {
        JsonElement[] items = [.. value.EnumerateArray()];
        switch (name)
        {
            case "items" when keyword.ValueKind == JsonValueKind.Array:
            case "prefixItems":
                return items.Take(keyword.GetArrayLength()).Select((item, i) => IsValid(item, keyword[i])).All(valid => valid);
            case "items":
                int front = schema.TryGetProperty("prefixItems", out JsonElement prefix) ? prefix.GetArrayLength() : 0;
                return items.Skip(front).All(item => IsValid(item, keyword));
            case "additionalItems" when schema.TryGetProperty("items", out JsonElement list) && list.ValueKind == JsonValueKind.Array:
                return items.Skip(list.GetArrayLength()).All(item => IsValid(item, keyword));
            case "minItems":
                return items.Length >= keyword.GetInt32();
            case "maxItems":
                return items.Length <= keyword.GetInt32();
            case "uniqueItems" when keyword.ValueKind == JsonValueKind.True:
                return !items.Where((item, i) => items.Take(i).Any(other => JsonElement.DeepEquals(item, other))).Any();
            case "contains":
                int least = schema.TryGetProperty("minContains", out JsonElement min) ? min.GetInt32() : 1;
                int most = schema.TryGetProperty("maxContains", out JsonElement max) ? max.GetInt32() : int.MaxValue;
                return items.Count(item => IsValid(item, keyword)) is int count && count >= least && count <= most;
            default:
                return true;
        }
    }

    private static bool MeetsString(string value, string name, JsonElement keyword) => name switch
    {
        "minLength" => value.EnumerateRunes().Count() >= keyword.GetDouble(),
        "maxLength" => value.EnumerateRunes().Count() <= keyword.GetDouble(),
        "pattern" => Regex.IsMatch(value, keyword.GetString()!),
        _ => true,
    };

    private static bool MeetsNumber(JsonElement value, string name, JsonElement keyword)
    {
        // Numbers that a decimal can't hold are beyond all bounds that schemas name.
        if (keyword.ValueKind != JsonValueKind.Number || !decimal.TryParse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
            || !decimal.TryParse(keyword.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal bound))
        {
            return true;
        }
        return name switch
        {
            "minimum" => number >= bound,
            "maximum" => number <= bound,
            "exclusiveMinimum" => number > bound,
            "exclusiveMaximum" => number < bound,
            "multipleOf" => number % bound == 0,
            _ => true,
        };
    }

    private JsonElement? Find(string reference)
    {
        JsonElement at = _root;
        if (!reference.StartsWith('#') || reference.Length > 1 && reference[1] != '/')
        {
            return null;
        }
        foreach (string part in reference.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(part).Replace("~1", "/").Replace("~0", "~");
            if (at.ValueKind == JsonValueKind.Array)
            {
                at = at[int.Parse(name, CultureInfo.InvariantCulture)];
            }
            else if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }
        return at;
    }
}
