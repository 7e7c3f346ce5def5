namespace Realm.Grammars;

/// <summary>The 256 bytes in classes: what an expression does not tell apart is in one class.</summary>
internal sealed class BytePartition
{
    /// <summary>All bytes in one class.</summary>
    public static readonly BytePartition One = new(new byte[256], 1);

    private BytePartition(byte[] classes, int count)
    {
        ClassOf = classes;
        Representatives = new byte[count];
        Members = new ByteSet[count];
        for (int value = 255; value >= 0; value--)
        {
            Representatives[classes[value]] = (byte)value;
            Members[classes[value]] |= ByteSet.Of((byte)value);
        }
    }

    /// <summary>(256): the class of each byte, numbered in the order of their least members.</summary>
    public byte[] ClassOf { get; }

    /// <summary>The least byte of each class.</summary>
    public byte[] Representatives { get; }

    /// <summary>The bytes of each class.</summary>
    public ByteSet[] Members { get; }

    /// <summary>A set and its complement.</summary>
    public static BytePartition Of(ByteSet set)
    {
        var classes = new byte[256];
        bool first = set.Contains(0);
        bool both = false;
        for (int value = 0; value < 256; value++)
        {
            bool other = set.Contains(value) != first;
            both |= other;
            classes[value] = other ? (byte)1 : (byte)0;
        }
        return new BytePartition(classes, both ? 2 : 1);
    }

    /// <summary>Each byte of a set alone, and the others together.</summary>
    public static BytePartition OfSingles(ByteSet set)
    {
        var classes = new byte[256];
        int count = 0, others = -1;
        for (int value = 0; value < 256; value++)
        {
            if (set.Contains(value))
            {
                classes[value] = (byte)count++;
                continue;
            }
            others = others < 0 ? count++ : others;
            classes[value] = (byte)others;
        }
        return new BytePartition(classes, count);
    }

    /// <summary>Bytes are together that are together in both.</summary>
    public static BytePartition Meet(BytePartition x, BytePartition y)
    {
        if (ReferenceEquals(x, y) || y.Representatives.Length == 1)
        {
            return x;
        }
        if (x.Representatives.Length == 1)
        {
            return y;
        }
        var classes = new byte[256];
        int pairs = x.Representatives.Length * y.Representatives.Length;
        Span<short> found = pairs <= 1024 ? stackalloc short[pairs] : new short[pairs];
        found.Fill(-1);
        int count = 0;
        for (int value = 0; value < 256; value++)
        {
            ref short slot = ref found[x.ClassOf[value] * y.Representatives.Length + y.ClassOf[value]];
            if (slot < 0)
            {
                slot = (short)count++;
            }
            classes[value] = (byte)slot;
        }
        return count == x.Representatives.Length ? x : count == y.Representatives.Length ? y : new BytePartition(classes, count);
    }
}
