namespace Realm.Grammars.Json;

/// <summary>Errors of schemas: always with the place, as a JSON pointer.</summary>
internal static class SchemaFault
{
    /// <summary>The schema is not one.</summary>
    public static RealmException Invalid(JsonItem where, string message) => new SchemaException(ErrorCode.InvalidArgument, where, message);

    /// <summary>The schema says what an automaton can't hold.</summary>
    public static RealmException Unsupported(JsonItem where, string message) => new SchemaException(ErrorCode.Unsupported, where, message);

    /// <summary>The schema denies what an automaton can't deny.</summary>
    public static RealmException Undeniable(JsonItem where, string message) =>
        new SchemaException(ErrorCode.Unsupported, where, message) { IsDenial = true };

    public static RealmException Limit(JsonItem where, string message) => new SchemaException(ErrorCode.Limit, where, message);
}
