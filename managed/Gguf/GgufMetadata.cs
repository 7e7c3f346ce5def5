using System.Text;

namespace Realm.Gguf;

/// <summary>
/// The key/value pairs of a GGUF file. Values stay as the bytes of the file (a vocabulary of 262,144 tokens is one array of
/// bytes) and are decoded when asked for, so keep the result of an array instead of asking again. Safe to read from many threads.
/// <para>Asking for a value of another type is <see cref="ErrorCode.Type"/>, a number that does not fit is
/// <see cref="ErrorCode.Range"/>; both name the file and the key.</para>
/// </summary>
public sealed class GgufMetadata
{
    private readonly string _file;
    private readonly byte[] _front;
    private readonly int _countBytes;
    private readonly Dictionary<string, GgufValue> _values;

    private GgufMetadata(string file, byte[] front, int countBytes, Dictionary<string, GgufValue> values)
    {
        _file = file;
        _front = front;
        _countBytes = countBytes;
        _values = values;
    }

    /// <summary>All keys, in the file's order.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>Whether the file has the key.</summary>
    public bool Contains(string key) => _values.ContainsKey(key);

    /// <summary>Whether the key is there and its value is an array.</summary>
    public bool IsArray(string key) => _values.TryGetValue(key, out GgufValue value) && value.Type == GgufValueType.Array;

    /// <summary>Whether the key is there and its value is a flag.</summary>
    public bool IsFlag(string key) => _values.TryGetValue(key, out GgufValue value) && value.Type == GgufValueType.Bool;

    /// <summary>How many elements an array has; 0: the key is absent, or its value is no array.</summary>
    public int Count(string key) => IsArray(key) ? _values[key].Count : 0;

    /// <summary>A string; bytes that are not UTF-8 are replaced by U+FFFD. Null when absent.</summary>
    public string? Text(string key)
    {
        if (Scalar(key, "a string", static t => t == GgufValueType.String) is not { } value) return null;
        int position = value.Position;
        return Encoding.UTF8.GetString(GgufValue.String(_front, _countBytes, ref position));
    }

    /// <summary>An integer of any width. Null when absent.</summary>
    public long? Integer(string key)
    {
        if (Scalar(key, "an integer", GgufValueTypes.IsInteger) is not { } value) return null;
        return value.Fits(_front) ? value.Integer(_front) : throw TooLarge(key);
    }

    /// <summary>A number: any integer or floating-point type. Null when absent.</summary>
    public double? Number(string key) =>
        Scalar(key, "a number", static t => t.IsInteger() || t.IsFloat()) is { } value ? value.Number(_front) : null;

    /// <summary>A flag; any byte but 0 is true. Null when absent.</summary>
    public bool? Flag(string key) =>
        Scalar(key, "a flag", static t => t == GgufValueType.Bool) is { } value ? value.Integer(_front) != 0 : null;

    /// <summary>The elements of a string array as the bytes in the file (UTF-8 as a rule). Null when absent.</summary>
    public byte[][]? Texts(string key)
    {
        if (Elements(key, "strings", static t => t == GgufValueType.String) is not { } value) return null;
        var texts = new byte[value.Count][];
        int position = value.Position;
        for (int i = 0; i < texts.Length; i++)
        {
            ReadOnlySpan<byte> text = GgufValue.String(_front, _countBytes, ref position);
            texts[i] = text.IsEmpty ? [] : text.ToArray();
        }
        return texts;
    }

    /// <summary>The elements of an array of integers of any width. Null when absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="most">Elements at most, from the first on: an array may have millions of them where few are asked for.</param>
    public long[]? Integers(string key, int most = int.MaxValue)
    {
        if (Elements(key, "integers", GgufValueTypes.IsInteger) is not { } value) return null;
        var integers = new long[Math.Min(value.Count, most)];
        for (int i = 0; i < integers.Length; i++)
            integers[i] = value.Fits(_front, i) ? value.Integer(_front, i) : throw TooLarge(key);
        return integers;
    }

    /// <summary>The lowest bytes of the elements of an array of integers, which files have where they mean bytes. Null when absent.</summary>
    public byte[]? Bytes(string key)
    {
        if (Elements(key, "integers", GgufValueTypes.IsInteger) is not { } value) return null;
        var bytes = new byte[value.Count];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = unchecked((byte)value.Integer(_front, i));
        return bytes;
    }

    /// <summary>The elements of an array of integers or floating-point numbers, at most so many of them. Null when absent.</summary>
    public double[]? Numbers(string key, int most = int.MaxValue)
    {
        if (Elements(key, "numbers", static t => t.IsInteger() || t.IsFloat()) is not { } value) return null;
        var numbers = new double[Math.Min(value.Count, most)];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = value.Number(_front, i);
        return numbers;
    }

    /// <summary>The elements of an array of flags, which files also write as integers, at most so many of them. Null when absent.</summary>
    public bool[]? Flags(string key, int most = int.MaxValue)
    {
        if (Elements(key, "flags", static t => t == GgufValueType.Bool || t.IsInteger()) is not { } value) return null;
        var flags = new bool[Math.Min(value.Count, most)];
        for (int i = 0; i < flags.Length; i++) flags[i] = value.Integer(_front, i) != 0;
        return flags;
    }

    /// <summary>A string that must be there; else <see cref="ErrorCode.MissingKey"/>.</summary>
    public string RequireText(string key) => Text(key) ?? throw Missing(key, "a string");

    /// <summary>An integer that must be there (else <see cref="ErrorCode.MissingKey"/>), between both bounds (else <see
    /// cref="ErrorCode.Range"/>).</summary>
    public long RequireInteger(string key, long min, long max)
    {
        long value = Integer(key) ?? throw Missing(key, "an integer");
        if (value < min || value > max)
            throw Error(ErrorCode.Range, key, $"is {value}; expected {min} to {max}");
        return value;
    }

    /// <summary>Reads <paramref name="count"/> entries at the input's position; takes over what the input has kept.</summary>
    internal static GgufMetadata Read(GgufInput input, int count)
    {
        var values = new Dictionary<string, GgufValue>(count); // every entry was checked to have room in the file
        for (int i = 0; i < count; i++)
        {
            input.At("metadata entry", i, count);
            string key = input.Name("the key", GgufLimits.KeyBytes);
            input.At("metadata key", key);
            if (!values.TryAdd(key, GgufValue.Read(input)))
                throw input.Error(ErrorCode.Duplicate, "is there twice");
        }
        return new GgufMetadata(input.FileName, input.DetachKept(), input.CountBytes, values);
    }

    /// <summary>An error about a key of this file, in the form used everywhere.</summary>
    internal RealmException Error(ErrorCode code, string key, string message) =>
        new(code, $"{_file}: metadata key {Quoted.Name(key)} {message}");

    /// <summary>The type of a value, for messages and for the few keys whose exact type matters.</summary>
    internal GgufValueType? TypeOf(string key) => _values.TryGetValue(key, out GgufValue value) ? value.Type : null;

    private GgufValue? Scalar(string key, string expected, Func<GgufValueType, bool> accepts)
    {
        if (!_values.TryGetValue(key, out GgufValue value)) return null;
        return accepts(value.Type) ? value : throw Error(ErrorCode.Type, key, $"is {Described(value)}; expected {expected}");
    }

    private GgufValue? Elements(string key, string expected, Func<GgufValueType, bool> accepts)
    {
        if (!_values.TryGetValue(key, out GgufValue value)) return null;
        // An empty array has no element of a wrong type.
        bool accepted = value.Type == GgufValueType.Array && (value.Count == 0 || accepts(value.Element));
        return accepted ? value : throw Error(ErrorCode.Type, key, $"is {Described(value)}; expected an array of {expected}");
    }

    private static string Described(GgufValue value) =>
        value.Type == GgufValueType.Array ? $"an array of {value.Element.Name()}" : value.Type.Name();

    private RealmException Missing(string key, string expected) =>
        Error(ErrorCode.MissingKey, key, $"is missing; expected {expected}");

    private RealmException TooLarge(string key) =>
        Error(ErrorCode.Range, key, $"is larger than {long.MaxValue}");
}
