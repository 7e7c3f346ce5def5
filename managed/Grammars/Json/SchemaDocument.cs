namespace Realm.Grammars.Json;

/// <summary>A schema as a document: what its references lead to. References out of the document are errors.</summary>
internal sealed class SchemaDocument
{
    private const string Unnamed = "json-schema://document/";

    private static readonly string[] OldDrafts = ["draft-03", "draft-04", "draft-06", "draft-07"];
    private static readonly string[] Maps = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];
    private static readonly string[] Lists = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
    private static readonly string[] Singles =
    [
        "items", "additionalItems", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems",
        "unevaluatedProperties", "contentSchema",
    ];

    /// <summary>References beside <c>$ref</c>, by what the whole document says of the place that they lead to.</summary>
    private static readonly string[] DynamicReferences = ["$dynamicRef", "$recursiveRef"];

    private readonly Dictionary<JsonItem, string> _bases = [];
    private readonly Dictionary<string, JsonItem> _resources = [];
    private readonly Dictionary<string, JsonItem> _anchors = [];
    private readonly Dictionary<string, List<JsonItem>> _dynamic = [];

    public SchemaDocument(JsonItem root)
    {
        Root = root;
        string? dialect = root["$schema"] is { IsString: true } schema ? schema.Text : null;
        IsOld = dialect != null && Array.Exists(OldDrafts, draft => dialect.Contains(draft, StringComparison.Ordinal));
        ContainsEvaluates = dialect?.Contains("2019-09", StringComparison.Ordinal) != true;
        _bases[root] = Unnamed;
        _resources[Unnamed] = root;
        Collect();
    }

    public JsonItem Root { get; }

    /// <summary>Whether the schema is of draft 7 or before, where nothing beside a <c>$ref</c> counts.</summary>
    public bool IsOld { get; }

    /// <summary>Whether unevaluatedProperties or unevaluatedItems stand somewhere in it.</summary>
    public bool HasUnevaluated { get; private set; }

    /// <summary>Whether items that <c>contains</c> is met by count as evaluated: not yet in 2019-09.</summary>
    public bool ContainsEvaluates { get; }

    /// <summary>What the references of a schema lead to whose target depends on the way: none, mostly.</summary>
    /// <exception cref="RealmException">As <see cref="Resolve"/>; E_UNSUPPORTED where the way decides.</exception>
    public IEnumerable<JsonItem> DynamicTargets(JsonItem schema)
    {
        foreach (string name in DynamicReferences)
        {
            if (schema[name] is { } reference)
            {
                yield return ResolveDynamic(schema, reference);
            }
        }
    }

    /// <summary>
    /// What a <c>$dynamicRef</c> or <c>$recursiveRef</c> leads to. Which of several places with one name is meant depends on the way there;
    /// where the whole document has the name, that is it, since every way begins there.
    /// </summary>
    /// <exception cref="RealmException">As <see cref="Resolve"/>; E_UNSUPPORTED where the way decides.</exception>
    private JsonItem ResolveDynamic(JsonItem schema, JsonItem reference)
    {
        JsonItem target = Resolve(schema, reference);
        string fragment = reference.Text[(reference.Text.IndexOf('#') + 1)..];
        bool isRecursive = reference.Name == "$recursiveRef";
        bool isDynamic = isRecursive ? IsRecursive(target) : target["$dynamicAnchor"] is { IsString: true } anchor && anchor.Text == fragment;
        if (!isDynamic)
        {
            return target;
        }
        if (isRecursive ? IsRecursive(Root) : _dynamic.GetValueOrDefault(fragment) is [_])
        {
            return isRecursive ? Root : target;
        }
        return !isRecursive && _anchors.TryGetValue(BaseOf(Root) + "#" + fragment, out JsonItem? outermost)
            && outermost["$dynamicAnchor"]?.Text == fragment ? outermost
            : throw SchemaFault.Unsupported(reference,
                $"{reference.Name} '{Quoted(reference.Text)}' may lead to several places; name one of them by $ref");

        static bool IsRecursive(JsonItem item) => item["$recursiveAnchor"] is { Kind: System.Text.Json.JsonValueKind.True };
    }

    /// <summary>What a <c>$ref</c> leads to.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED: out of the document; E_INVALID_ARGUMENT: to nothing.</exception>
    public JsonItem Resolve(JsonItem schema, JsonItem reference)
    {
        if (!reference.IsString)
        {
            throw SchemaFault.Invalid(reference, "$ref must be a string");
        }
        string target = reference.Text;
        int hash = target.IndexOf('#');
        string place = hash < 0 ? target : target[..hash], fragment = hash < 0 ? "" : target[(hash + 1)..];
        string at = place.Length == 0 ? BaseOf(schema) : Join(BaseOf(schema), place);
        if (!_resources.TryGetValue(at, out JsonItem? resource))
        {
            throw SchemaFault.Unsupported(reference, $"$ref '{Quoted(target)}' leads out of the schema; put what it means under $defs");
        }
        if (fragment.Length > 0 && fragment[0] != '/')
        {
            return _anchors.TryGetValue(at + "#" + fragment, out JsonItem? anchored) ? anchored : throw Lost();
        }
        try
        {
            fragment = Uri.UnescapeDataString(fragment);
        }
        catch (UriFormatException)
        {
            throw Lost();
        }
        JsonItem? item = resource;
        foreach (string part in fragment.Length == 0 ? [] : fragment[1..].Split('/'))
        {
            string name = part.Replace("~1", "/").Replace("~0", "~");
            bool isIndex = int.TryParse(name, out int index) && index >= 0 && index < item.Items.Count;
            item = item.IsArray && isIndex ? item.Items[index] : item[name];
            if (item == null)
            {
                throw Lost();
            }
        }
        return item;

        RealmException Lost() => SchemaFault.Invalid(reference, $"$ref '{Quoted(target)}' leads to nothing");
    }

    private static string Quoted(string text) => text.Length > 80 ? text[..80] + "…" : text;

    private string BaseOf(JsonItem? item)
    {
        for (; item != null; item = item.Parent)
        {
            if (_bases.TryGetValue(item, out string? found))
            {
                return found;
            }
        }
        return Unnamed;
    }

    private static string Join(string at, string place)
    {
        if (Uri.TryCreate(place, UriKind.Absolute, out Uri? absolute) && !place.StartsWith('/'))
        {
            return absolute.AbsoluteUri;
        }
        return Uri.TryCreate(at, UriKind.Absolute, out Uri? root) && Uri.TryCreate(root, place, out Uri? joined)
            ? joined.AbsoluteUri
            : place;
    }

    /// <summary>Notes all ids and anchors, in the places where schemas stand.</summary>
    private void Collect()
    {
        var open = new Stack<JsonItem>();
        open.Push(Root);
        while (open.TryPop(out JsonItem? item))
        {
            if (!item.IsObject)
            {
                continue;
            }
            Note(item);
            foreach (string name in Maps)
            {
                if (item[name] is { IsObject: true } map)
                {
                    map.Items.ForEach(open.Push);
                }
            }
            foreach (string name in Lists)
            {
                if (item[name] is { IsArray: true } list)
                {
                    list.Items.ForEach(open.Push);
                }
            }
            foreach (string name in Singles)
            {
                if (item[name] is { IsObject: true } single)
                {
                    open.Push(single);
                }
            }
        }
    }

    private void Note(JsonItem item)
    {
        JsonItem? id = item["$id"] ?? (IsOld ? item["id"] : null);
        if (id is { IsString: true } && !(IsOld && item["$ref"] != null))
        {
            string text = id.Text;
            int hash = text.IndexOf('#');
            string place = hash < 0 ? text : text[..hash];
            if (place.Length > 0)
            {
                string at = Join(BaseOf(item.Parent), place);
                _bases[item] = at;
                _resources.TryAdd(at, item);
            }
            if (hash >= 0 && hash + 1 < text.Length)
            {
                _anchors.TryAdd(BaseOf(item) + text[hash..], item);
            }
        }
        foreach (string name in (ReadOnlySpan<string>)["$anchor", "$dynamicAnchor"])
        {
            if (item[name] is { IsString: true } anchor)
            {
                _anchors.TryAdd(BaseOf(item) + "#" + anchor.Text, item);
            }
        }
        if (item["$dynamicAnchor"] is { IsString: true } dynamic)
        {
            List<JsonItem> named = _dynamic.GetValueOrDefault(dynamic.Text) ?? (_dynamic[dynamic.Text] = []);
            named.Add(item);
        }
        HasUnevaluated |= !IsOld && (item["unevaluatedProperties"] ?? item["unevaluatedItems"]) != null;
    }
}
