namespace Realm.Tokenizers;

/// <summary>Random numbers that no file can foresee, for hash tables whose keys come from files.</summary>
/// <remarks>Not of RandomNumberGenerator: it loads the system's OpenSSL, and ends the process where there is none.
/// A new Guid is 122 bits straight from the operating system.</remarks>
internal static class Secret
{
    /// <summary>64 random bits.</summary>
    public static ulong Next()
    {
        Span<byte> guid = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(guid);
        // The six bits that every Guid has are not in the same places of the two halves.
        return BitConverter.ToUInt64(guid) ^ BitConverter.ToUInt64(guid[8..]);
    }
}
