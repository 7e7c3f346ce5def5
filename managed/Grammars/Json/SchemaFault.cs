namespace Realm.Grammars.Json;

/// <summary>Errors of schemas: always with the place, as a JSON pointer.</summary>
internal static class SchemaFault
{
    /// <summary>The schema is not one.</summary>
    public static RealmException Invalid(JsonItem where, string message) => new(ErrorCode.InvalidArgument, $"schema {where.Pointer}: {message}");

    /// <summary>The schema says what an automaton can't hold.</summary>
    public static RealmException Unsupported(JsonItem where, string message) => new(ErrorCode.Unsupported, $"schema {where.Pointer}: {message}");

    public static RealmException Limit(JsonItem where, string message) => new(ErrorCode.Limit, $"schema {where.Pointer}: {message}");
}
