namespace Realm.Grammars.Json;

/// <summary>What is wrong with a schema, or can't be held, and where.</summary>
internal sealed class SchemaException(ErrorCode code, JsonItem where, string message)
    : RealmException(code, $"schema {where.Pointer}: {message}{(code == ErrorCode.Unsupported ? Hint : "")}")
{
    private const string Hint = "; with unsupported: 'ignore' it is left out";

    /// <summary>The message without what may be done.</summary>
    public string Finding => $"schema {Where.Pointer}: {message}";

    public JsonItem Where { get; } = where;

    /// <summary>Whether it is that something may not be met, by a keyword that stands elsewhere.</summary>
    public bool IsDenial { get; init; }
}
