using System.Globalization;
using System.Text.Json;

namespace Realm.Grammars.Json;

/// <summary>
/// A given object or array as a schema that takes it and nothing else: what is not that value is then told by keywords, as for other schemas.
/// </summary>
internal static class GivenShape
{
    public static JsonItem Of(JsonItem value)
    {
        string count = value.Items.Count.ToString(CultureInfo.InvariantCulture);
        JsonItem Number(string name) => JsonItem.Made(JsonValueKind.Number, value, name, count);
        JsonItem Constant(JsonItem item) => JsonItem.Made(JsonValueKind.Object, value, item.Name!, item.Named("const"));
        JsonItem[] constants = [.. value.Items.ConvertAll(Constant)];
        JsonItem[] keywords = value.IsObject
            ?
            [
                JsonItem.Made(JsonValueKind.String, value, "type", "object"),
                JsonItem.Made(JsonValueKind.Array, value, "required", [.. value.Items.ConvertAll(item => JsonItem.OfString(item.Name!))]),
                JsonItem.Made(JsonValueKind.Object, value, "properties", constants),
                Number("maxProperties"),
            ]
            :
            [
                JsonItem.Made(JsonValueKind.String, value, "type", "array"),
                JsonItem.Made(JsonValueKind.Array, value, "prefixItems", constants),
                Number("minItems"),
                Number("maxItems"),
            ];
        return JsonItem.Made(JsonValueKind.Object, value.Parent!, value.Name!, keywords);
    }
}
