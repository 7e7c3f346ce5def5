using System.Text;
using System.Text.Json;

namespace Realm.Grammars.Json;

/// <summary>A value of a JSON text, which knows where it stands.</summary>
internal sealed class JsonItem
{
    private Dictionary<string, JsonItem>? _byName;

    private JsonItem(JsonValueKind kind, JsonItem? parent, string? name)
    {
        Kind = kind;
        Parent = parent;
        Name = name;
    }

    public JsonValueKind Kind { get; }

    /// <summary>The array or object that it is in.</summary>
    public JsonItem? Parent { get; }

    /// <summary>Its name or index there.</summary>
    public string? Name { get; private set; }

    /// <summary>A string's text; a number as it is written.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The values of an array or object, in their order.</summary>
    public List<JsonItem> Items { get; } = [];

    /// <summary>Where it stands in its text, as a JSON pointer.</summary>
    public string Pointer
    {
        get
        {
            var names = new List<string>();
            for (JsonItem item = this; item.Parent != null; item = item.Parent)
            {
                names.Add(item.Name!.Replace("~", "~0").Replace("/", "~1"));
            }
            names.Reverse();
            return names.Count == 0 ? "#" : "#/" + string.Join('/', names);
        }
    }

    public bool IsObject => Kind == JsonValueKind.Object;

    public bool IsArray => Kind == JsonValueKind.Array;

    public bool IsString => Kind == JsonValueKind.String;

    public bool IsNumber => Kind == JsonValueKind.Number;

    /// <summary>A member of an object, or null.</summary>
    public JsonItem? this[string name]
    {
        get
        {
            if (Kind != JsonValueKind.Object)
            {
                return null;
            }
            if (Items.Count > 8)
            {
                if (_byName == null)
                {
                    _byName = [];
                    foreach (JsonItem item in Items)
                    {
                        _byName[item.Name!] = item;
                    }
                }
                return _byName.GetValueOrDefault(name);
            }
            foreach (JsonItem item in Items)
            {
                if (item.Name == name)
                {
                    return item;
                }
            }
            return null;
        }
    }

    /// <summary>Takes it out of the object that it is in.</summary>
    public void Remove()
    {
        Parent!.Items.Remove(this);
        Parent._byName = null;
    }

    /// <summary>Gives it another name in the object that it is in.</summary>
    public void Rename(string name)
    {
        Name = name;
        Parent!._byName = null;
    }

    /// <summary>A value that is in no text, as if it stood in another.</summary>
    public static JsonItem Made(JsonValueKind kind, JsonItem parent, string name, params ReadOnlySpan<JsonItem> items)
    {
        var item = new JsonItem(kind, parent, name);
        item.Items.AddRange(items);
        return item;
    }

    /// <summary>A text or a number that is in no text, as if it stood in another.</summary>
    public static JsonItem Made(JsonValueKind kind, JsonItem parent, string name, string text) => new(kind, parent, name) { Text = text };

    /// <summary>The same value by another name.</summary>
    public JsonItem Named(string name)
    {
        var named = new JsonItem(Kind, Parent, name) { Text = Text };
        named.Items.AddRange(Items);
        return named;
    }

    public static JsonItem OfString(string text) => new(JsonValueKind.String, null, null) { Text = text };

    /// <summary>Reads a JSON text. All of a format is within <see cref="GrammarLimits.TextBytes"/>, so each text in it is.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: not JSON; E_LIMIT: too deep.</exception>
    public static JsonItem Parse(ReadOnlySpan<byte> utf8, string what)
    {
        // One level more than is allowed, so that the message below is ours.
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = GrammarLimits.Depth + 1 });
        try
        {
            JsonItem root = Read(ref reader, what);
            while (reader.Read())
            {
            }
            return root;
        }
        catch (JsonException e)
        {
            throw new RealmException(ErrorCode.InvalidArgument,
                $"the {what} is not valid JSON (at byte {reader.BytesConsumed}): {e.Message}");
        }
        catch (InvalidOperationException)
        {
            // JSON can spell half of a surrogate pair, UTF-8 can't.
            throw new RealmException(ErrorCode.InvalidArgument,
                $"the {what} is not valid JSON: a text has half of a surrogate pair, which is no character (at byte {reader.BytesConsumed})");
        }
    }

    private static JsonItem Read(ref Utf8JsonReader reader, string what)
    {
        JsonItem? root = null, parent = null;
        string? name = null;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = reader.GetString();
                    continue;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    parent = parent!.Parent;
                    if (parent == null)
                    {
                        return root!;
                    }
                    continue;
            }
            if (parent is { IsArray: true })
            {
                name = parent.Items.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
            var item = new JsonItem(KindOf(reader.TokenType), parent, name);
            root ??= item;
            if (item.IsString)
            {
                item.Text = reader.GetString()!;
            }
            else if (item.IsNumber)
            {
                item.Text = Encoding.ASCII.GetString(reader.ValueSpan);
            }
            if (parent != null)
            {
                Add(parent, item);
            }
            if (item.IsArray || item.IsObject)
            {
                parent = item;
                if (reader.CurrentDepth >= GrammarLimits.Depth)
                {
                    throw new RealmException(ErrorCode.Limit, $"the {what} is nested deeper than {GrammarLimits.Depth}");
                }
            }
            else if (parent == null)
            {
                return item;
            }
        }
        throw new JsonException("no value");
    }

    private static void Add(JsonItem parent, JsonItem item)
    {
        if (parent.IsObject && parent[item.Name!] is { } before)
        {
            // As JSON.parse: the last one counts.
            parent.Items.Remove(before);
            parent._byName = null;
        }
        parent.Items.Add(item);
        if (parent._byName != null)
        {
            parent._byName[item.Name!] = item;
        }
    }

    private static JsonValueKind KindOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => JsonValueKind.Object,
        JsonTokenType.StartArray => JsonValueKind.Array,
        JsonTokenType.String => JsonValueKind.String,
        JsonTokenType.Number => JsonValueKind.Number,
        JsonTokenType.True => JsonValueKind.True,
        JsonTokenType.False => JsonValueKind.False,
        _ => JsonValueKind.Null,
    };
}
