using System.Text;
using System.Text.Json;
using Realm.Grammars;
using Realm.Grammars.Json;

namespace Realm.Tests.Grammars;

/// <summary>Values as a model bound by a schema would write them: without white space, members in the order in which schemas name them.</summary>
internal sealed class SchemaOrder(JsonElement root, int alternative)
{
    private static readonly string[] Alternatives = ["allOf", "anyOf", "oneOf"];

    private readonly StringBuilder _text = new();

    /// <param name="value">The value.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="alternative">Which of the schemas of an anyOf or oneOf tells the order; -1: all of them together.</param>
    public static string Write(JsonElement value, JsonElement schema, int alternative = -1)
    {
        var order = new SchemaOrder(schema, alternative);
        order.Append(value, [schema]);
        return order._text.ToString();
    }

    private void Append(JsonElement value, List<JsonElement> schemas)
    {
        List<JsonElement> all = Applying(schemas);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                List<string> order = NamesOf(all);
                _text.Append('{');
                int count = 0;
                foreach (JsonProperty member in value.EnumerateObject().OrderBy(member => (uint)order.IndexOf(member.Name)))
                {
                    _text.Append(count++ > 0 ? "," : "").Append('"').Append(Encoding.UTF8.GetString(JsonText.Characters(member.Name))).Append("\":");
                    Append(member.Value, SchemasOf(all, member.Name));
                }
                _text.Append('}');
                break;
            case JsonValueKind.Array:
                _text.Append('[');
                int index = 0;
                foreach (JsonElement item in value.EnumerateArray())
                {
                    _text.Append(index > 0 ? "," : "");
                    Append(item, SchemasOf(all, index++));
                }
                _text.Append(']');
                break;
            default:
                var layout = new JsonLayout(new ExpressionStore(new CompileBudget()), JsonWhitespace.Compact);
                _text.Append(Encoding.UTF8.GetString(JsonText.Write(JsonItem.Parse(Encoding.UTF8.GetBytes(value.GetRawText()), "value"), layout)));
                break;
        }
    }

    /// <summary>The schemas and all that apply beside them, as far as references lead within the document.</summary>
    private List<JsonElement> Applying(List<JsonElement> schemas)
    {
        var all = new List<JsonElement>();
        var open = new Queue<JsonElement>(schemas);
        while (all.Count < 300 && open.TryDequeue(out JsonElement schema))
        {
            if (schema.ValueKind != JsonValueKind.Object)
            {
                continue;
            }
            all.Add(schema);
            if (schema.TryGetProperty("$ref", out JsonElement reference) && Find(reference) is { } target)
            {
                open.Enqueue(target);
            }
            foreach (string name in Alternatives)
            {
                if (schema.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array)
                {
                    List<JsonElement> each = [.. list.EnumerateArray()];
                    bool isOne = name != "allOf" && alternative >= 0 && each.Count > 0;
                    (isOne ? [each[alternative % each.Count]] : each).ForEach(open.Enqueue);
                }
            }
            foreach (string name in (string[])["then", "else"])
            {
                if (schema.TryGetProperty(name, out JsonElement one))
                {
                    open.Enqueue(one);
                }
            }
        }
        return all;
    }

    private JsonElement? Find(JsonElement reference)
    {
        JsonElement at = root;
        if (reference.ValueKind != JsonValueKind.String || !reference.GetString()!.StartsWith('#'))
        {
            return null;
        }
        foreach (string part in reference.GetString()!.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(part).Replace("~1", "/").Replace("~0", "~");
            if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, out int index) && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }
        return at;
    }

    private static List<string> NamesOf(List<JsonElement> schemas)
    {
        var names = new List<string>();
        foreach (JsonElement schema in schemas)
        {
            if (schema.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object)
            {
                names.AddRange(properties.EnumerateObject().Select(property => property.Name));
            }
        }
        foreach (JsonElement schema in schemas)
        {
            if (schema.TryGetProperty("required", out JsonElement required) && required.ValueKind == JsonValueKind.Array)
            {
                names.AddRange(required.EnumerateArray().Select(name => name.ToString()));
            }
        }
        return [.. names.Distinct()];
    }

    private static List<JsonElement> SchemasOf(List<JsonElement> schemas, string name)
    {
        var found = new List<JsonElement>();
        foreach (JsonElement schema in schemas)
        {
            if (schema.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object
                && properties.TryGetProperty(name, out JsonElement property))
            {
                found.Add(property);
            }
            else if (schema.TryGetProperty("additionalProperties", out JsonElement others))
            {
                found.Add(others);
            }
            if (schema.TryGetProperty("patternProperties", out JsonElement patterns) && patterns.ValueKind == JsonValueKind.Object)
            {
                found.AddRange(patterns.EnumerateObject().Select(pattern => pattern.Value));
            }
        }
        return found;
    }

    private static List<JsonElement> SchemasOf(List<JsonElement> schemas, int index)
    {
        var found = new List<JsonElement>();
        foreach (JsonElement schema in schemas)
        {
            if (schema.TryGetProperty("items", out JsonElement items))
            {
                found.Add(items.ValueKind != JsonValueKind.Array ? items : index < items.GetArrayLength() ? items[index] : default);
            }
            if (schema.TryGetProperty("prefixItems", out JsonElement front) && index < front.GetArrayLength())
            {
                found.Add(front[index]);
            }
        }
        found.RemoveAll(schema => schema.ValueKind == JsonValueKind.Undefined);
        return found;
    }
}
