namespace Realm.Generation;

/// <summary>Bytes appended at the end and taken from the front. Grows when it must, which in a steady stream is never.</summary>
internal sealed class ByteBuffer(int capacity)
{
    private byte[] _bytes = new byte[capacity];
    private int _start;
    private int _end;

    public int Length => _end - _start;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(_start, _end - _start);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _bytes.Length - _end)
        {
            MakeRoom(bytes.Length);
        }
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Forgets bytes at the front.</summary>
    public void Skip(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }
    }

    /// <summary>Forgets what is behind the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => _end = _start + length;

    private void MakeRoom(int more)
    {
        byte[] to = _bytes;
        if ((long)Length + more > to.Length)
        {
            to = new byte[Math.Max(checked(Length + more), (int)Math.Min(2L * to.Length, Array.MaxLength))];
        }
        Span.CopyTo(to);
        _bytes = to;
        _end -= _start;
        _start = 0;
    }
}
