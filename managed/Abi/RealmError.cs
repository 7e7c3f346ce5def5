using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Realm.Abi;

/// <summary><c>realm_error</c>: the caller's place for a failure.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RealmError
{
    /// <summary>Bytes that a message may have.</summary>
    public const int Capacity = 2040;

    /// <summary>The status again.</summary>
    public int Code;

    /// <summary>Bytes of the message.</summary>
    public uint Length;

    /// <summary>UTF-8, cut at a character's end.</summary>
    public fixed byte Message[Capacity];

    /// <summary>Fills one in; null: the caller does not want to know. Never throws.</summary>
    public static void Fill(RealmError* error, ErrorCode code, string message)
    {
        if (error == null)
        {
            return;
        }
        error->Code = (int)code;
        // Stops before the character that does not fit; replaces what is no character.
        _ = Utf8.FromUtf16(message, new Span<byte>(error->Message, Capacity), out _, out int written);
        error->Length = (uint)written;
    }
}
