using System.Buffers.Binary;

namespace Realm.Gguf;

/// <summary>Where a metadata value is: its type and the position of its bytes in the kept front part of the file.</summary>
/// <param name="Type">The value's type.</param>
/// <param name="Element">The elements' type, of an array; else the same as <paramref name="Type"/>.</param>
/// <param name="Position">Index of the first byte of the value, behind types and counts (a string's own length included).</param>
/// <param name="Count">Elements of an array, else 1.</param>
internal readonly record struct GgufValue(GgufValueType Type, GgufValueType Element, int Position, int Count)
{
    /// <summary>Steps over the value at the input's position, checks it and remembers where it is.</summary>
    public static GgufValue Read(GgufInput input)
    {
        GgufValueType type = ReadType(input, "the value type");
        if (type != GgufValueType.Array) return Read(input, type, type, 1);

        GgufValueType element = ReadType(input, "the element type");
        if (element == GgufValueType.Array)
            throw input.Error(ErrorCode.Nested, "an array of arrays, which GGUF files do not use");
        // A string takes at least its length field.
        int elementBytes = element == GgufValueType.String ? input.CountBytes : element.Size();
        int count = input.Count("the length of the array", GgufLimits.ArrayElements, elementBytes);
        return Read(input, type, element, count);
    }

    private static GgufValue Read(GgufInput input, GgufValueType type, GgufValueType element, int count)
    {
        var value = new GgufValue(type, element, (int)input.Position, count);
        if (element == GgufValueType.String)
            input.SkipStrings(count, "the string", GgufLimits.StringBytes);
        else
            input.Take(checked(count * element.Size()), "the value"); // at most 16 Mi elements of 8 bytes
        return value;
    }

    private static GgufValueType ReadType(GgufInput input, string field)
    {
        uint type = input.UInt32(field);
        if (type > (uint)GgufValueType.Float64)
            throw input.Error(ErrorCode.Type, $"{field} is {type}; GGUF has the types 0 to {(uint)GgufValueType.Float64}");
        return (GgufValueType)type;
    }

    /// <summary>Element <paramref name="index"/> as an integer; the element type is an integer type or BOOL. UINT64 wraps: see <see cref="Fits"/>.</summary>
    public long Integer(ReadOnlySpan<byte> front, int index = 0)
    {
        ReadOnlySpan<byte> bytes = front[(Position + index * Element.Size())..];
        return Element switch
        {
            GgufValueType.UInt8 or GgufValueType.Bool => bytes[0],
            GgufValueType.Int8 => (sbyte)bytes[0],
            GgufValueType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            GgufValueType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            GgufValueType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            GgufValueType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        };
    }

    /// <summary>Whether element <paramref name="index"/> is the number that <see cref="Integer"/> returns.</summary>
    public bool Fits(ReadOnlySpan<byte> front, int index = 0) =>
        Element != GgufValueType.UInt64 || Integer(front, index) >= 0;

    /// <summary>Element <paramref name="index"/> as a floating-point number; the element type is an integer or float type.</summary>
    public double Number(ReadOnlySpan<byte> front, int index = 0)
    {
        ReadOnlySpan<byte> bytes = front[(Position + index * Element.Size())..];
        return Element switch
        {
            GgufValueType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            GgufValueType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            GgufValueType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            _ => Integer(front, index),
        };
    }

    /// <summary>
    /// The string at <paramref name="position"/>, which moves behind it. The lengths were checked when the value was read.
    /// </summary>
    public static ReadOnlySpan<byte> String(ReadOnlySpan<byte> front, int countBytes, ref int position)
    {
        ReadOnlySpan<byte> bytes = front[position..];
        int length = countBytes == 4
            ? (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes)
            : (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        position += countBytes + length;
        return GgufInput.WithoutZero(bytes.Slice(countBytes, length), countBytes);
    }
}
