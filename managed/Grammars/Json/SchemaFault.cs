namespace Realm.Grammars.Json;

/// <summary>Errors of schemas: always with the place, as a JSON pointer.</summary>
internal static class SchemaFault
{
    /// <summary>The schema is not one.</summary>
    public static RealmException Invalid(JsonItem where, string message) => At(where, ErrorCode.InvalidArgument, message);

    /// <summary>The schema says what an automaton can't hold.</summary>
    public static RealmException Unsupported(JsonItem where, string message) => At(where, ErrorCode.Unsupported, message);

    public static RealmException Limit(JsonItem where, string message) => At(where, ErrorCode.Limit, message);

    private static RealmException At(JsonItem where, ErrorCode code, string message) => new(code, $"schema {where.Pointer}: {message}");
}
