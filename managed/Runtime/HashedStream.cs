using System.IO.Hashing;

namespace Realm.Runtime;

/// <summary>A file that is read or written from its beginning on, a hash of what went through, and a look now and then whether that is still
/// wanted.</summary>
internal sealed unsafe class HashedStream(Stream stream, Func<bool> isCancelled)
{
    private const int Portion = 1 << 20;

    private readonly XxHash128 _hash = new();

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _hash.Append(bytes);
        stream.Write(bytes);
    }

    /// <exception cref="RealmException">E_CANCELLED.</exception>
    public void Write(byte* bytes, long count)
    {
        for (long at = 0; at < count; at += Portion)
        {
            ThrowIfCancelled();
            Write(new ReadOnlySpan<byte>(bytes + at, (int)Math.Min(Portion, count - at)));
        }
    }

    /// <exception cref="EndOfStreamException">The file has become shorter.</exception>
    public void Read(Span<byte> bytes)
    {
        stream.ReadExactly(bytes);
        _hash.Append(bytes);
    }

    /// <exception cref="RealmException">E_CANCELLED.</exception>
    /// <exception cref="EndOfStreamException">The file has become shorter.</exception>
    public void Read(byte* bytes, long count)
    {
        for (long at = 0; at < count; at += Portion)
        {
            ThrowIfCancelled();
            Read(new Span<byte>(bytes + at, (int)Math.Min(Portion, count - at)));
        }
    }

    /// <summary>Of all bytes so far.</summary>
    public void Hash(Span<byte> hash) => _hash.GetCurrentHash(hash);

    private void ThrowIfCancelled()
    {
        if (isCancelled())
            throw new RealmException(ErrorCode.Cancelled, "cancelled before the session's file was done");
    }
}
