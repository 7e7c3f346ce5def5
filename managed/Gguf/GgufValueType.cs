namespace Realm.Gguf;

/// <summary>The type of a metadata value, with the numbers of the GGUF specification.</summary>
internal enum GgufValueType : uint
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

/// <summary>What is known about each <see cref="GgufValueType"/>.</summary>
internal static class GgufValueTypes
{
    /// <summary>Bytes of one value; 0 for strings and arrays, whose size is in the file.</summary>
    public static int Size(this GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    /// <summary>True for the eight integer types; a flag is not a number.</summary>
    public static bool IsInteger(this GgufValueType type) => type
        is GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.UInt16 or GgufValueType.Int16
        or GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.UInt64 or GgufValueType.Int64;

    /// <summary>True for the two floating-point types.</summary>
    public static bool IsFloat(this GgufValueType type) => type is GgufValueType.Float32 or GgufValueType.Float64;

    /// <summary>The name used in messages, spelt as in the GGUF specification.</summary>
    public static string Name(this GgufValueType type) => type switch
    {
        GgufValueType.UInt8 => "UINT8",
        GgufValueType.Int8 => "INT8",
        GgufValueType.UInt16 => "UINT16",
        GgufValueType.Int16 => "INT16",
        GgufValueType.UInt32 => "UINT32",
        GgufValueType.Int32 => "INT32",
        GgufValueType.Float32 => "FLOAT32",
        GgufValueType.Bool => "BOOL",
        GgufValueType.String => "STRING",
        GgufValueType.Array => "ARRAY",
        GgufValueType.UInt64 => "UINT64",
        GgufValueType.Int64 => "INT64",
        GgufValueType.Float64 => "FLOAT64",
        _ => ((uint)type).ToString(),
    };
}
