namespace Realm.Grammars.Json;

/// <summary>
/// Sorts names into classes by all of their bytes: names of different classes differ, and few names that differ are of one class. A state is
/// what the bytes so far come to, and the class that is wanted in the end.
/// </summary>
internal sealed class NameClass : ByteMachine
{
    /// <summary>A prime: bytes that differ change what comes out wherever they stand, unless they differ by a multiple of it.</summary>
    public const int Classes = 13;

    private const int Factor = 6;

    private static readonly BytePartition Bytes = MakePartition();

    public override BytePartition Partition => Bytes;

    /// <summary>The state before a name of a class.</summary>
    public static int Start(int wanted) => wanted * Classes;

    public override int Next(int state, byte value)
    {
        return state / Classes * Classes + (state % Classes * Factor + ValueOf(value)) % Classes;
    }

    public override bool Accepts(int state) => state % Classes == state / Classes;

    /// <summary>Digits of an escaped character are the same in both cases.</summary>
    private static int ValueOf(byte value) => (value is >= (byte)'A' and <= (byte)'F' ? value | 0x20 : value) % Classes;

    private static BytePartition MakePartition()
    {
        var sets = new ByteSet[Classes];
        for (int value = 0; value < 256; value++)
        {
            sets[ValueOf((byte)value)] |= ByteSet.Of((byte)value);
        }
        BytePartition all = BytePartition.One;
        foreach (ByteSet set in sets)
        {
            all = BytePartition.Meet(all, BytePartition.Of(set));
        }
        return all;
    }
}
