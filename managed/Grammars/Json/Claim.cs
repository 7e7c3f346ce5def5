namespace Realm.Grammars.Json;

/// <summary>A schema that a value must meet, or must not meet.</summary>
internal readonly record struct Claim(JsonItem Schema, bool IsDenied)
{
    public Claim Denied => this with { IsDenied = !IsDenied };
}
