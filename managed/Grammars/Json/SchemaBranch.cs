namespace Realm.Grammars.Json;

/// <summary>
/// One of the alternatives of what a value may be: all that is asked of it at once, sorted by the kind of value that it concerns.
/// </summary>
internal sealed class SchemaBranch
{
    /// <summary>Claims still to be read, in their order.</summary>
    public Queue<Claim> Pending { get; init; } = [];

    /// <summary>Claims that were read.</summary>
    public List<Claim> Claims { get; init; } = [];

    /// <summary>Choices still to be made: of each, one must hold. Of an <c>anyOf</c> several may, which is told apart where it matters.</summary>
    public List<(List<Action<SchemaBranch>> Ways, JsonItem? AnyOf)> Splits { get; init; } = [];

    public JsonTypes Types { get; set; } = JsonTypes.All;

    /// <summary>An <c>enum</c> or <c>const</c>: the values are among these.</summary>
    public List<JsonItem>? Values { get; set; }

    /// <summary>Values that are not wanted; objects and arrays among them are told by keywords.</summary>
    public List<JsonItem> Excluded { get; init; } = [];

    public NumberBounds Numbers { get; init; } = new();

    public int MinLength { get; set; }

    public int MaxLength { get; set; } = int.MaxValue;

    /// <summary><c>pattern</c> and <c>format</c>, each met or not.</summary>
    public List<(JsonItem Keyword, bool IsDenied)> Strings { get; init; } = [];

    /// <summary>Schemas with properties, patternProperties or additionalProperties.</summary>
    public List<JsonItem> Objects { get; init; } = [];

    public List<string> Required { get; init; } = [];

    public HashSet<string> Forbidden { get; init; } = [];

    /// <summary>What is asked of the values of some names besides.</summary>
    public List<(string Name, Claim Claim)> Members { get; init; } = [];

    /// <summary>What is asked of all names.</summary>
    public List<Claim> Names { get; init; } = [];

    public int MinProperties { get; set; }

    public int MaxProperties { get; set; } = int.MaxValue;

    /// <summary>Schemas with prefixItems, items or additionalItems.</summary>
    public List<JsonItem> Arrays { get; init; } = [];

    /// <summary>Schemas with unevaluatedProperties or unevaluatedItems.</summary>
    public List<JsonItem> Sealed { get; init; } = [];

    /// <summary>What is asked of the item at an index, or of all items (-1), besides.</summary>
    public List<(int Index, Claim Claim)> Items { get; init; } = [];

    public int MinItems { get; set; }

    public int MaxItems { get; set; } = int.MaxValue;

    /// <summary>So many items meet a claim.</summary>
    public List<(JsonItem Keyword, Claim Claim, int Least, int Most)> Contains { get; init; } = [];

    /// <summary>A <c>uniqueItems</c> that is true.</summary>
    public JsonItem? Unique { get; set; }

    public bool IsDead => Types == JsonTypes.None;

    public void Die() => Types = JsonTypes.None;

    /// <summary>Asks that a member is there.</summary>
    public void Require(string name)
    {
        if (!Required.Contains(name))
        {
            Required.Add(name);
        }
    }

    /// <summary>Where a keyword stands in one of the schemas; where there is none, the first of them.</summary>
    public JsonItem Keyword(string name)
    {
        JsonItem? found = null;
        foreach (Claim claim in Claims)
        {
            found ??= claim.Schema[name];
        }
        return found ?? Claims[0].Schema;
    }

    public SchemaBranch Copy() => new()
    {
        Pending = new Queue<Claim>(Pending),
        Claims = [.. Claims],
        Splits = [.. Splits],
        Types = Types,
        Values = Values,
        Excluded = [.. Excluded],
        Numbers = Numbers.Copy(),
        MinLength = MinLength,
        MaxLength = MaxLength,
        Strings = [.. Strings],
        Objects = [.. Objects],
        Required = [.. Required],
        Forbidden = [.. Forbidden],
        Members = [.. Members],
        Names = [.. Names],
        MinProperties = MinProperties,
        MaxProperties = MaxProperties,
        Arrays = [.. Arrays],
        Sealed = [.. Sealed],
        Items = [.. Items],
        MinItems = MinItems,
        MaxItems = MaxItems,
        Contains = [.. Contains],
        Unique = Unique,
    };
}
