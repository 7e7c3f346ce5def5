using System.Buffers.Binary;
using System.Text;
using Realm.Gguf;

namespace Realm.Tests;

/// <summary>
/// Writes a GGUF file into memory, right by default and wrong wherever a test wants it: every count, length, type and offset
/// can be given by hand. Entries and tensors come out in the order in which they were added.
/// </summary>
public sealed class GgufWriter
{
    private readonly List<Action<Output>> _entries = [];
    private readonly List<Action<Output>> _infos = [];
    private readonly MemoryStream _data = new();
    private uint _alignment = 32;

    /// <summary>The first bytes of the file.</summary>
    public byte[] Magic { get; set; } = "GGUF"u8.ToArray();

    /// <summary>Version; 1 makes counts, lengths and extents 32 bits wide.</summary>
    public uint Version { get; set; } = 3;

    /// <summary>The declared number of tensors, where it is not the true one.</summary>
    public ulong? TensorCount { get; set; }

    /// <summary>The declared number of metadata entries, where it is not the true one.</summary>
    public ulong? KeyCount { get; set; }

    /// <summary>Bytes behind the last tensor.</summary>
    public byte[] Tail { get; set; } = [];

    /// <summary>
    /// Adds an entry whose GGUF type is that of the C# value: an integer, float, double, bool or string, or an array of these;
    /// byte[][] is an array of strings given as bytes.
    /// </summary>
    public GgufWriter Add(string key, object value)
    {
        if (key == "general.alignment" && value is uint alignment) _alignment = Math.Max(1, alignment);
        return Entry(output =>
        {
            output.Text(Encoding.UTF8.GetBytes(key));
            output.Typed(value);
        });
    }

    /// <summary>Adds a string entry from bytes, which need not be UTF-8.</summary>
    public GgufWriter AddUtf8(string key, byte[] text) => AddRaw(key, 8, output => output.Text(text));

    /// <summary>Adds an entry with a type number and whatever bytes.</summary>
    public GgufWriter AddRaw(string key, uint type, Action<Output> value) => AddRaw(Encoding.UTF8.GetBytes(key), type, value);

    /// <summary>Adds an entry with a key that need not be UTF-8, a type number and whatever bytes.</summary>
    public GgufWriter AddRaw(byte[] key, uint type, Action<Output> value) => Entry(output =>
    {
        output.Text(key);
        output.UInt32(type);
        value(output);
    });

    /// <summary>Adds whatever bytes where an entry should be; they count as one.</summary>
    public GgufWriter Entry(Action<Output> bytes)
    {
        _entries.Add(bytes);
        return this;
    }

    /// <summary>Adds a tensor with its data at the next aligned offset.</summary>
    /// <param name="name">Name.</param>
    /// <param name="type">ggml type id.</param>
    /// <param name="shape">Extents, the contiguous one first.</param>
    /// <param name="data">Its bytes.</param>
    public GgufWriter Tensor(string name, uint type, long[] shape, byte[] data)
    {
        while (_data.Length % _alignment != 0) _data.WriteByte(0);
        TensorInfo(name, type, Array.ConvertAll(shape, e => (ulong)e), (ulong)_data.Length);
        _data.Write(data);
        return this;
    }

    /// <summary>Adds an F32 tensor.</summary>
    public GgufWriter Tensor(string name, long[] shape, float[] values)
    {
        byte[] data = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), values[i]);
        return Tensor(name, 0, shape, data);
    }

    /// <summary>Adds a tensor info alone, with an offset relative to the tensor data.</summary>
    public GgufWriter TensorInfo(string name, uint type, ulong[] shape, ulong offset) =>
        Info(output => output.Info(Encoding.UTF8.GetBytes(name), (uint)shape.Length, shape, type, offset));

    /// <summary>Adds whatever bytes where a tensor info should be; they count as one.</summary>
    public GgufWriter Info(Action<Output> bytes)
    {
        _infos.Add(bytes);
        return this;
    }

    /// <summary>Adds bytes to the tensor data.</summary>
    public GgufWriter Data(params byte[] data)
    {
        _data.Write(data);
        return this;
    }

    /// <summary>The file. Padding up to the tensor data is there when there is any data.</summary>
    public byte[] ToArray()
    {
        var output = new Output(Version == 1);
        output.Bytes(Magic);
        output.UInt32(Version);
        output.Count(TensorCount ?? (ulong)_infos.Count);
        output.Count(KeyCount ?? (ulong)_entries.Count);
        foreach (Action<Output> entry in _entries) entry(output);
        foreach (Action<Output> info in _infos) info(output);
        if (_data.Length > 0)
            while (output.Length % _alignment != 0) output.Bytes(0);
        output.Bytes(_data.ToArray());
        output.Bytes(Tail);
        return output.ToArray();
    }

    /// <summary>The file as a stream.</summary>
    public Stream ToStream() => new MemoryStream(ToArray(), writable: false);

    /// <summary>The file as the reader sees it.</summary>
    /// <param name="blockSizes">Blocks of the types used; the plain float types and Q4_0 when null.</param>
    public GgufFile Read(Func<uint, BlockSize?>? blockSizes = null) => GgufFile.Read(ToStream(), blockSizes ?? FewBlockSizes);

    /// <summary>The metadata as the reader sees it.</summary>
    public GgufMetadata ReadMetadata() => Read().Metadata;

    /// <summary>F32, F16, Q4_0 and I8: enough for tests that are not about formats.</summary>
    public static BlockSize? FewBlockSizes(uint type) => type switch
    {
        0 => new BlockSize(1, 4),
        1 => new BlockSize(1, 2),
        2 => new BlockSize(32, 18),
        24 => new BlockSize(1, 1),
        _ => null,
    };

    /// <summary>Little-endian bytes, counts as wide as the version has them.</summary>
    public sealed class Output(bool narrow)
    {
        private readonly MemoryStream _stream = new();

        /// <summary>Bytes so far.</summary>
        public long Length => _stream.Length;

        /// <summary>What was written.</summary>
        public byte[] ToArray() => _stream.ToArray();

        /// <summary>Bytes as they are.</summary>
        public void Bytes(params byte[] bytes) => _stream.Write(bytes);

        /// <summary>Two bytes.</summary>
        public void UInt16(ushort value) => Bytes(BitConverter.GetBytes(value));

        /// <summary>Four bytes.</summary>
        public void UInt32(uint value) => Bytes(BitConverter.GetBytes(value));

        /// <summary>Eight bytes.</summary>
        public void UInt64(ulong value) => Bytes(BitConverter.GetBytes(value));

        /// <summary>A count, length or extent.</summary>
        public void Count(ulong value)
        {
            if (narrow) UInt32((uint)value);
            else UInt64(value);
        }

        /// <summary>A string: its length and bytes.</summary>
        public void Text(byte[] text)
        {
            Count((ulong)text.Length);
            Bytes(text);
        }

        /// <summary>A tensor info.</summary>
        public void Info(byte[] name, uint dimensions, ulong[] shape, uint type, ulong offset)
        {
            Text(name);
            UInt32(dimensions);
            foreach (ulong extent in shape) Count(extent);
            UInt32(type);
            UInt64(offset);
        }

        /// <summary>A value with its type in front; of an array also element type and length.</summary>
        public void Typed(object value)
        {
            if (value is Array array)
            {
                UInt32(9);
                UInt32(TypeOf(array.GetType().GetElementType()!));
                Count((ulong)array.Length);
                foreach (object element in array) Value(element);
                return;
            }
            UInt32(TypeOf(value.GetType()));
            Value(value);
        }

        private static uint TypeOf(Type type) =>
            type == typeof(byte) ? 0u : type == typeof(sbyte) ? 1u : type == typeof(ushort) ? 2u : type == typeof(short) ? 3u
            : type == typeof(uint) ? 4u : type == typeof(int) ? 5u : type == typeof(float) ? 6u : type == typeof(bool) ? 7u
            : type == typeof(string) || type == typeof(byte[]) ? 8u : type == typeof(ulong) ? 10u : type == typeof(long) ? 11u
            : type == typeof(double) ? 12u : throw new ArgumentException($"GGUF has no type for {type}");

        private void Value(object value)
        {
            switch (value)
            {
                case byte v: Bytes(v); break;
                case sbyte v: Bytes((byte)v); break;
                case ushort v: UInt16(v); break;
                case short v: UInt16((ushort)v); break;
                case uint v: UInt32(v); break;
                case int v: UInt32((uint)v); break;
                case float v: Bytes(BitConverter.GetBytes(v)); break;
                case bool v: Bytes(v ? (byte)1 : (byte)0); break;
                case string v: Text(Encoding.UTF8.GetBytes(v)); break;
                case byte[] v: Text(v); break;
                case ulong v: UInt64(v); break;
                case long v: UInt64((ulong)v); break;
                case double v: Bytes(BitConverter.GetBytes(v)); break;
                default: throw new ArgumentException($"GGUF has no type for {value.GetType()}");
            }
        }
    }
}
