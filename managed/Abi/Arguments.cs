using System.Text;
using Realm.Tokenizers;

namespace Realm.Abi;

/// <summary>Takes apart what C hands over, checking what C cannot express.</summary>
internal static unsafe class Arguments
{
    // Throws on what is not UTF-8.
    private static readonly UTF8Encoding _strict = new(false, true);

    /// <summary>Bytes behind a pointer, which may be null only where there are none.</summary>
    public static ReadOnlySpan<byte> Bytes(byte* data, ulong length, string name)
    {
        Check(data, length, int.MaxValue, name);
        return new ReadOnlySpan<byte>(data, (int)length);
    }

    /// <summary>Ids behind a pointer.</summary>
    public static ReadOnlySpan<uint> Ids(uint* data, ulong count)
    {
        Check(data, count, int.MaxValue / sizeof(uint), "ids");
        return new ReadOnlySpan<uint>(data, (int)count);
    }

    /// <summary>Parts of a conversation by their lengths: the template's own and others', by turns.</summary>
    public static TextSegment[] Segments(uint* lengths, ulong count)
    {
        Check(lengths, count, int.MaxValue / sizeof(uint), "lengths");
        var segments = new TextSegment[(int)count];
        for (int i = 0; i < segments.Length; i++)
        {
            // A length beyond int becomes a negative one, which the tokenizer refuses.
            segments[i] = new TextSegment((int)lengths[i], i % 2 == 0);
        }
        return segments;
    }

    /// <summary>Refuses a null pointer to something, and more elements than fit.</summary>
    public static void Check(void* data, ulong count, ulong limit, string name)
    {
        if (count > limit)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{name}: {count} elements, at most {limit} are possible");
        }
        if (data == null && count > 0)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{name}: a null pointer with {count} elements");
        }
    }

    /// <summary>A path: UTF-8, not empty, without NUL.</summary>
    public static string Path(byte* data, ulong length)
    {
        ReadOnlySpan<byte> bytes = Bytes(data, length, "path");
        if (bytes.IsEmpty || bytes.Contains((byte)0))
        {
            throw new RealmException(ErrorCode.InvalidArgument, bytes.IsEmpty ? "the path is empty" : "the path contains a NUL character");
        }
        try
        {
            return _strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the path is not valid UTF-8");
        }
    }

    /// <summary>A tensor's name. What is not UTF-8 will be found in no file.</summary>
    public static string Name(byte* data, ulong length) => Encoding.UTF8.GetString(Bytes(data, length, "tensor name"));
}
