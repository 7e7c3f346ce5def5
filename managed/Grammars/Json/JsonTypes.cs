namespace Realm.Grammars.Json;

/// <summary>Kinds of values. Numbers are two: whole ones and others.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    String = 16,
    Object = 32,
    Array = 64,
    Number = Integer | Fraction,
    All = Null | Boolean | Number | String | Object | Array,
}
