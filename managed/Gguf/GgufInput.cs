using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Realm.Gguf;

/// <summary>
/// The one reader of a GGUF file's front part: sequential, buffered, never past the end, no seek per field. Every length
/// is compared with the bytes that are left before anything is allocated for it.
/// <para>While the metadata is read the buffer keeps everything from the file's first byte on, so that a value is a position
/// in it (<see cref="DetachKept"/> hands it over); afterwards what was read is dropped.</para>
/// </summary>
internal sealed class GgufInput
{
    private const int FirstCapacity = 64 << 10;

    /// <summary>Bytes asked from the stream at once beyond what is needed now.</summary>
    private const int ReadAhead = 256 << 10;

    private readonly Stream _stream;
    private byte[] _buffer;
    private int _position; // next byte to be parsed, an index into _buffer
    private int _end;      // bytes in _buffer
    private long _base;    // place in the file of _buffer[0]
    private bool _keeping = true;
    private string _kind = "header";
    private string? _subject;
    private int _index, _count;

    /// <summary>Begins at the first byte of <paramref name="stream"/>, which must be seekable (only its length and start are asked for).</summary>
    public GgufInput(Stream stream, string name)
    {
        _stream = stream;
        FileName = Quoted.Path(name);
        if (!stream.CanRead || !stream.CanSeek)
            throw new RealmException(ErrorCode.InvalidArgument, $"{FileName}: expected an open stream that can be read and has a length");
        try
        {
            Length = stream.Length;
            stream.Position = 0;
        }
        catch (IOException e)
        {
            throw IoError(e);
        }
        _buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(Length, FirstCapacity));
    }

    /// <summary>Name of the file, fit for messages.</summary>
    public string FileName { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>Bytes parsed so far: the place in the file.</summary>
    public long Position => _base + _position;

    /// <summary>Bytes not yet parsed.</summary>
    public long Remaining => Length - Position;

    /// <summary>Bytes of a count or a string length: 4 in version 1, 8 since.</summary>
    public int CountBytes { get; set; } = 8;

    /// <summary>Says what is being read, for messages: a thing by its name ...</summary>
    public void At(string kind, string subject) => (_kind, _subject) = (kind, subject);

    /// <summary>... or, as long as the name is not known, by its number.</summary>
    public void At(string kind, int index, int count) => (_kind, _subject, _index, _count) = (kind, null, index, count);

    /// <summary>An error that names the file and what was being read.</summary>
    public RealmException Error(ErrorCode code, string message)
    {
        string what = _subject is not null ? $"{_kind} {Quoted.Name(_subject)}" : _count > 0 ? $"{_kind} {_index} of {_count}" : _kind;
        return new RealmException(code, $"{FileName}: {what}: {message}");
    }

    /// <summary>The next bytes without parsing them; fewer than <paramref name="count"/> at the end of the file.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        int have = (int)Math.Min(count, Remaining);
        Fill(have, "the magic");
        return _buffer.AsSpan(_position, have);
    }

    /// <summary>A 32-bit unsigned integer.</summary>
    public uint UInt32(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, field));

    /// <summary>A 64-bit unsigned integer.</summary>
    public ulong UInt64(string field) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, field));

    /// <summary>A count, a length or an extent, as wide as this version of the format has them.</summary>
    public ulong Count(string field) => CountBytes == 4 ? UInt32(field) : UInt64(field);

    /// <summary>
    /// A count of items of at least <paramref name="itemBytes"/> bytes each: at most <paramref name="limit"/>
    /// (else <see cref="ErrorCode.Limit"/>) and no more than the rest of the file can hold (else <see cref="ErrorCode.Truncated"/>).
    /// </summary>
    public int Count(string field, int limit, int itemBytes) => Checked(Count(field), "", field, limit, itemBytes);

    /// <summary>A key or a tensor name: UTF-8 of at least one byte, without control characters; else <see cref="ErrorCode.Key"/>.</summary>
    public string Name(string field, int limit)
    {
        ReadOnlySpan<byte> bytes = String(field, limit);
        if (bytes.IsEmpty) throw Error(ErrorCode.Key, $"{field} is empty");
        if (!Utf8.IsValid(bytes)) throw Error(ErrorCode.Key, $"{field} {Quoted.Name(bytes)} is not UTF-8");
        string name = Encoding.UTF8.GetString(bytes);
        // The control characters of Unicode: C0, then delete and C1.
        if (name.AsSpan().ContainsAnyInRange('\0', '\u001F') || name.AsSpan().ContainsAnyInRange('\u007F', '\u009F'))
            throw Error(ErrorCode.Key, $"{field} {Quoted.Name(name)} has a control character");
        return name;
    }

    /// <summary>The bytes of a string; valid until the next call. Of version 1's strings a closing zero is dropped.</summary>
    public ReadOnlySpan<byte> String(string field, int limit)
    {
        int length = Checked(Count(field), "the length of ", field, limit, 1);
        return WithoutZero(Take(length, field), CountBytes);
    }

    /// <summary>Steps over strings, checking them as <see cref="String"/> does. Vocabularies have hundreds of thousands.</summary>
    public void SkipStrings(int count, string field, int limit)
    {
        for (int i = 0; i < count; i++)
        {
            int available = _end - _position - CountBytes;
            if (available >= 0)
            {
                ReadOnlySpan<byte> bytes = _buffer.AsSpan(_position);
                ulong length = CountBytes == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
                if (length <= (ulong)Math.Min(available, limit))
                {
                    _position += CountBytes + (int)length;
                    continue;
                }
            }
            String(field, limit); // reads on, or says what is wrong
        }
    }

    /// <summary>Steps over <paramref name="count"/> bytes and returns them; valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(int count, string field)
    {
        Fill(count, field);
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_position, count);
        _position += count;
        return bytes;
    }

    /// <summary>Everything from the file's first byte to <see cref="Position"/>; from now on nothing is kept.</summary>
    public byte[] DetachKept()
    {
        byte[] kept = _buffer.AsSpan(0, _position).ToArray();
        _keeping = false;
        return kept;
    }

    /// <summary>Early writers counted a closing zero into version 1's strings; none of them means it.</summary>
    public static ReadOnlySpan<byte> WithoutZero(ReadOnlySpan<byte> text, int countBytes) =>
        countBytes == 4 && text.Length > 0 && text[^1] == 0 ? text[..^1] : text;

    private int Checked(ulong count, string what, string field, int limit, int itemBytes)
    {
        if (count > (ulong)limit)
            throw Error(ErrorCode.Limit, $"{what}{field} is {count}; at most {limit} is accepted");
        if (count > (ulong)(Remaining / itemBytes))
            throw Error(ErrorCode.Truncated, $"{what}{field} is {count}, but only {Remaining} bytes are left in the file");
        return (int)count;
    }

    /// <summary>Makes <paramref name="count"/> bytes available at <see cref="_position"/>.</summary>
    private void Fill(int count, string field)
    {
        if (count <= _end - _position) return;
        if (count > Remaining)
            throw Error(ErrorCode.Truncated, $"{field} needs {count} bytes, but only {Remaining} are left in the file");
        if (_keeping && Position + count > GgufLimits.MetadataBytes)
            throw Error(ErrorCode.Limit, $"the metadata is larger than {GgufLimits.MetadataBytes} bytes");
        if (!_keeping) Drop();
        while (_end - _position < count)
        {
            if (_end == _buffer.Length) Grow(count);
            int wanted = Math.Min(_buffer.Length - _end, Math.Max(count - (_end - _position), ReadAhead));
            int got = Read(_buffer.AsSpan(_end, wanted));
            if (got == 0) throw Error(ErrorCode.Truncated, $"{field}: the file became shorter while it was read");
            _end += got;
        }
    }

    private void Drop()
    {
        _buffer.AsSpan(_position, _end - _position).CopyTo(_buffer);
        _base += _position;
        _end -= _position;
        _position = 0;
    }

    /// <summary>
    /// At least doubles, so that copying stays in proportion, but to no more than the file has: the new size is at most
    /// twice the bytes that were read and are known to follow.
    /// </summary>
    private void Grow(int count)
    {
        long size = Math.Min(Math.Max(2L * _buffer.Length, (long)_position + count), Length - _base);
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(size, Array.MaxLength));
        _buffer.AsSpan(0, _end).CopyTo(larger);
        _buffer = larger;
    }

    private int Read(Span<byte> bytes)
    {
        try
        {
            return _stream.Read(bytes);
        }
        catch (IOException e)
        {
            throw IoError(e);
        }
    }

    /// <summary>The texts of system errors are stripped from the native build; the number is not.</summary>
    private RealmException IoError(IOException e) =>
        new(ErrorCode.Io, $"{FileName}: reading failed (operating system error {e.HResult & 0xFFFF})");
}
