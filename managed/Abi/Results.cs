namespace Realm.Abi;

/// <summary>Hands results to C.</summary>
internal static unsafe class Results
{
    /// <summary>Copies bytes if they fit, and says how many there are in any case.</summary>
    public static void Bytes(ReadOnlySpan<byte> bytes, byte* target, ulong capacity, ulong* length)
    {
        Set(length, (ulong)bytes.Length, "length");
        if ((ulong)bytes.Length <= capacity)
        {
            Arguments.Check(target, (ulong)bytes.Length, ulong.MaxValue, "the result's place");
            bytes.CopyTo(new Span<byte>(target, bytes.Length));
        }
    }

    /// <summary>Writes to a required out-pointer.</summary>
    public static void Set<T>(T* target, T value, string name)
        where T : unmanaged
    {
        Arguments.Check(target, 1, 1, name);
        *target = value;
    }
}
