using System.Text.Json;

namespace Realm.Grammars.Json;

/// <summary>What it means that a schema is not met: one of its keywords is not.</summary>
internal sealed partial class SchemaExpansion
{
    private void Deny(SchemaBranch branch, JsonItem schema)
    {
        var ways = new List<Action<SchemaBranch>>();
        JsonItem? lost = null;
        if (schema["$ref"] is { } reference)
        {
            JsonItem target = document.Resolve(schema, reference);
            ways.Add(one => Ask(one, target, true));
        }
        foreach (JsonItem target in document.DynamicTargets(schema))
        {
            ways.Add(one => Ask(one, target, true));
        }
        foreach (JsonItem keyword in document.IsOld && schema["$ref"] != null ? [] : schema.Items)
        {
            if (!DenyValue(keyword, ways) && !DenyObject(keyword, ways)
                && !DenyArray(schema, keyword, ways) && !DenyParts(schema, keyword, ways))
            {
                lost = keyword;
            }
        }
        if (lost != null && ways.Count == 0)
        {
            throw SchemaFault.Undeniable(lost, NotHeld(lost));
        }
        if (lost != null)
        {
            Lost ??= lost;
            Warn($"schema {lost.Pointer}: values that only {lost.Name} tells apart are not generated here");
        }
        switch (ways.Count)
        {
            case 0:
                branch.Die();
                break;
            case 1:
                ways[0](branch);
                break;
            default:
                Split(branch, ways);
                break;
        }
    }

    /// <summary>A keyword whose denial is left out: values that only it tells apart are not generated; null: there is none.</summary>
    public JsonItem? Lost { get; private set; }

    /// <summary>What is said of a keyword whose denial can't be held.</summary>
    public static string NotHeld(JsonItem keyword) => $"that {keyword.Name} is not met (by not, oneOf or if) can't be held by this engine";

    /// <summary>Given objects and arrays that are denied, as schemas.</summary>
    private readonly Dictionary<JsonItem, JsonItem> _shapes = [];

    private void DenyGiven(SchemaBranch branch, List<JsonItem> values)
    {
        foreach (JsonItem value in values)
        {
            if (!value.IsObject && !value.IsArray)
            {
                branch.Excluded.Add(value);
                continue;
            }
            if (!_shapes.TryGetValue(value, out JsonItem? shape))
            {
                _shapes[value] = shape = GivenShape.Of(value);
            }
            branch.Pending.Enqueue(new Claim(shape, true));
        }
    }

    private bool DenyValue(JsonItem keyword, List<Action<SchemaBranch>> ways)
    {
        switch (keyword.Name)
        {
            case "type":
                JsonTypes types = SchemaKeywords.Types(keyword);
                ways.Add(one => one.Types &= ~types);
                return true;
            case "enum":
                List<JsonItem> values = SchemaKeywords.List(keyword);
                ways.Add(one => DenyGiven(one, values));
                return true;
            case "const":
                ways.Add(one => DenyGiven(one, [keyword]));
                return true;
            case "minimum" or "exclusiveMinimum" or "maximum" or "exclusiveMaximum" when keyword.IsNumber:
                Exact bound = SchemaKeywords.Number(keyword);
                bool wasLow = keyword.Name is "minimum" or "exclusiveMinimum", isOpen = keyword.Name is "minimum" or "maximum";
                ways.Add(one =>
                {
                    one.Types &= JsonTypes.Number;
                    Bind(one.Numbers, !wasLow, bound, isOpen);
                });
                return true;
            case "multipleOf":
                Exact divisor = SchemaKeywords.Number(keyword);
                ways.Add(one =>
                {
                    one.Types &= JsonTypes.Number;
                    one.Numbers.NotMultiples.Add(divisor);
                });
                return true;
            case "minLength":
                int least = SchemaKeywords.Count(keyword);
                ways.Add(one =>
                {
                    one.Types &= least == 0 ? JsonTypes.None : JsonTypes.String;
                    one.MaxLength = Math.Min(one.MaxLength, Math.Max(least - 1, 0));
                });
                return true;
            case "maxLength":
                int most = SchemaKeywords.Count(keyword);
                ways.Add(one =>
                {
                    one.Types &= JsonTypes.String;
                    one.MinLength = Math.Max(one.MinLength, most + 1);
                });
                return true;
            case "format" when !StringFormats.IsKnown(keyword.Text):
                return true;
            case "pattern" or "format":
                ways.Add(one =>
                {
                    one.Types &= JsonTypes.String;
                    one.Strings.Add((keyword, true));
                });
                return true;
            default:
                return false;
        }
    }

    private static bool DenyObject(JsonItem keyword, List<Action<SchemaBranch>> ways)
    {
        switch (keyword.Name)
        {
            case "required" when keyword.Kind is not (JsonValueKind.True or JsonValueKind.False):
                foreach (string name in SchemaKeywords.Names(keyword))
                {
                    ways.Add(one =>
                    {
                        one.Types &= JsonTypes.Object;
                        one.Forbidden.Add(name);
                    });
                }
                return true;
            case "properties":
                foreach (JsonItem property in SchemaKeywords.Map(keyword))
                {
                    if (property.Kind != JsonValueKind.True)
                    {
                        ways.Add(one =>
                        {
                            one.Types &= JsonTypes.Object;
                            one.Require(property.Name!);
                            one.Members.Add((property.Name!, new Claim(property, true)));
                        });
                    }
                }
                return true;
            case "minProperties":
                int least = SchemaKeywords.Count(keyword);
                ways.Add(one =>
                {
                    one.Types &= least == 0 ? JsonTypes.None : JsonTypes.Object;
                    one.MaxProperties = Math.Min(one.MaxProperties, Math.Max(least - 1, 0));
                });
                return true;
            case "maxProperties":
                int most = SchemaKeywords.Count(keyword);
                ways.Add(one =>
                {
                    one.Types &= JsonTypes.Object;
                    one.MinProperties = Math.Max(one.MinProperties, most + 1);
                });
                return true;
            case "dependentRequired" or "dependentSchemas" or "dependencies":
                foreach (JsonItem dependency in SchemaKeywords.Map(keyword))
                {
                    DenyDependency(dependency, ways);
                }
                return true;
            default:
                return keyword.Name is "additionalProperties" && keyword.Kind == JsonValueKind.True;
        }
    }

    private static void DenyDependency(JsonItem dependency, List<Action<SchemaBranch>> ways)
    {
        if (!dependency.IsArray)
        {
            ways.Add(one =>
            {
                one.Types &= JsonTypes.Object;
                one.Require(dependency.Name!);
                one.Pending.Enqueue(new Claim(dependency, true));
            });
            return;
        }
        foreach (string name in SchemaKeywords.Names(dependency))
        {
            ways.Add(one =>
            {
                one.Types &= JsonTypes.Object;
                one.Require(dependency.Name!);
                one.Forbidden.Add(name);
            });
        }
    }

    private static bool DenyArray(JsonItem schema, JsonItem keyword, List<Action<SchemaBranch>> ways)
    {
        switch (keyword.Name)
        {
            case "minItems":
                int least = SchemaKeywords.Count(keyword);
                ways.Add(one =>
                {
                    one.Types &= least == 0 ? JsonTypes.None : JsonTypes.Array;
                    one.MaxItems = Math.Min(one.MaxItems, Math.Max(least - 1, 0));
                });
                return true;
            case "maxItems":
                int most = SchemaKeywords.Count(keyword);
                ways.Add(one =>
                {
                    one.Types &= JsonTypes.Array;
                    one.MinItems = Math.Max(one.MinItems, most + 1);
                });
                return true;
            case "uniqueItems":
                return !SchemaKeywords.Flag(keyword);
            case "contains":
                int from = schema["minContains"] is { } min ? SchemaKeywords.Count(min) : 1;
                if (from > 0)
                {
                    ways.Add(one =>
                    {
                        one.Types &= JsonTypes.Array;
                        AddContains(one, keyword, new Claim(keyword, false), 0, from - 1);
                    });
                }
                if (schema["maxContains"] is { } max)
                {
                    int to = SchemaKeywords.Count(max);
                    ways.Add(one =>
                    {
                        one.Types &= JsonTypes.Array;
                        AddContains(one, keyword, new Claim(keyword, false), to + 1, int.MaxValue);
                    });
                }
                return true;
            case "items" or "additionalItems" when keyword.Kind == JsonValueKind.False && keyword == SchemaKeywords.Items(schema).Others:
                int front = SchemaKeywords.Items(schema).Front.Count;
                ways.Add(one =>
                {
                    one.Types &= JsonTypes.Array;
                    one.MinItems = Math.Max(one.MinItems, front + 1);
                });
                return true;
            case "minContains" or "maxContains" or "additionalItems":
                return keyword.Name != "additionalItems" || schema["items"] is not { IsArray: true } || keyword.Kind == JsonValueKind.True;
            case "prefixItems" or "items" when keyword.IsArray:
                foreach (JsonItem item in keyword.Items)
                {
                    int index = keyword.Items.IndexOf(item);
                    ways.Add(one =>
                    {
                        one.Types &= JsonTypes.Array;
                        one.MinItems = Math.Max(one.MinItems, index + 1);
                        one.Items.Add((index, new Claim(item, true)));
                    });
                }
                return true;
            case "items" when schema["prefixItems"] == null:
                ways.Add(one =>
                {
                    one.Types &= JsonTypes.Array;
                    AddContains(one, keyword, new Claim(keyword, true), 1, int.MaxValue);
                });
                return true;
            default:
                return false;
        }
    }

    private bool DenyParts(JsonItem schema, JsonItem keyword, List<Action<SchemaBranch>> ways)
    {
        switch (keyword.Name)
        {
            case "allOf":
                foreach (JsonItem each in SchemaKeywords.List(keyword))
                {
                    ways.Add(one => Ask(one, each, true));
                }
                return true;
            case "anyOf":
                ways.Add(one => SchemaKeywords.List(keyword).ForEach(each => Ask(one, each, true)));
                return true;
            case "oneOf":
                List<JsonItem> schemas = SchemaKeywords.List(keyword);
                ways.Add(one => schemas.ForEach(each => Ask(one, each, true)));
                for (int i = 0; i < schemas.Count; i++)
                {
                    for (int j = i + 1; j < schemas.Count; j++)
                    {
                        JsonItem first = schemas[i], second = schemas[j];
                        ways.Add(one => Ask(one, first, false, new Claim(second, false)));
                    }
                }
                return true;
            case "not":
                ways.Add(one => Ask(one, keyword, false));
                return true;
            case "if":
                if (schema["then"] is { } then)
                {
                    ways.Add(one => Ask(one, then, true, new Claim(keyword, false)));
                }
                if (schema["else"] is { } otherwise)
                {
                    ways.Add(one => Ask(one, otherwise, true, new Claim(keyword, true)));
                }
                return true;
            case "then" or "else" or "$ref" or "$dynamicRef" or "$recursiveRef":
                return true;
            default:
                return !SchemaKeywords.IsKnown(keyword.Name!);
        }
    }
}
