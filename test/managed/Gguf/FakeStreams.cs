namespace Realm.Tests.Gguf;

/// <summary>A readable, seekable stream whose bytes are computed: files of a terabyte, and files that break.</summary>
internal abstract class FakeStream(long length) : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => length;
    public override long Position { get; set; }

    /// <summary>Fills <paramref name="buffer"/> with what is at <paramref name="position"/>; returns how many bytes.</summary>
    protected abstract int ReadAt(long position, Span<byte> buffer);

    public override int Read(Span<byte> buffer)
    {
        int count = ReadAt(Position, buffer[..(int)Math.Min(buffer.Length, Math.Max(0, length - Position))]);
        Position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() { }
}

/// <summary>Bytes at some places, zeros everywhere else.</summary>
internal sealed class Sparse(long length, params (long Position, byte[] Bytes)[] pieces) : FakeStream(length)
{
    protected override int ReadAt(long position, Span<byte> buffer)
    {
        buffer.Clear();
        foreach ((long start, byte[] bytes) in pieces)
        {
            long from = Math.Max(start, position), to = Math.Min(start + bytes.Length, position + buffer.Length);
            if (from < to)
                bytes.AsSpan((int)(from - start), (int)(to - from)).CopyTo(buffer[(int)(from - position)..]);
        }
        return buffer.Length;
    }
}

/// <summary>Bytes that can be read up to a place, where the file ends (it became shorter) or the device fails.</summary>
internal sealed class Breaking(byte[] bytes, int at, bool fails) : FakeStream(bytes.Length)
{
    protected override int ReadAt(long position, Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, at - position);
        if (count <= 0) return fails ? throw new IOException("broken", 5) : 0;
        bytes.AsSpan((int)position, count).CopyTo(buffer);
        return count;
    }
}

/// <summary>Bytes that come one at a time, as from a slow network file system.</summary>
internal sealed class Dripping(byte[] bytes) : FakeStream(bytes.Length)
{
    protected override int ReadAt(long position, Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        buffer[0] = bytes[position];
        return 1;
    }
}
