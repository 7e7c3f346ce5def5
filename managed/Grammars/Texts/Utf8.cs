namespace Realm.Grammars.Texts;

/// <summary>Code points as bytes: each character has its one form in UTF-8.</summary>
internal static class Utf8
{
    /// <summary>One character of a set.</summary>
    public static int Expression(ExpressionStore store, CodePoints points)
    {
        int all = ExpressionStore.Nothing;
        foreach ((int first, int last) in points.Ranges)
        {
            all = store.Choice(all, Range(store, first, last));
        }
        return all;
    }

    private static int Range(ExpressionStore store, int first, int last)
    {
        // By length first, so that both ends have as many bytes.
        int all = ExpressionStore.Nothing;
        Span<byte> a = stackalloc byte[4], b = stackalloc byte[4];
        foreach ((int low, int high) in (ReadOnlySpan<(int, int)>)[(0, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, CodePoints.Last)])
        {
            int from = Math.Max(first, low), to = Math.Min(last, high);
            if (from <= to)
            {
                int length = Encode(from, a);
                Encode(to, b);
                all = store.Choice(all, Between(store, a[..length], b[..length]));
            }
        }
        return all;
    }

    /// <summary>The byte strings between two of the same length whose bytes behind the first are continuations.</summary>
    private static int Between(ExpressionStore store, ReadOnlySpan<byte> low, ReadOnlySpan<byte> high)
    {
        if (low.Length == 1)
        {
            return store.Bytes(ByteSet.Range(low[0], high[0]));
        }
        if (low[0] == high[0])
        {
            return store.Sequence(store.Bytes(ByteSet.Of(low[0])), Between(store, low[1..], high[1..]));
        }
        Span<byte> least = stackalloc byte[low.Length - 1], most = stackalloc byte[low.Length - 1];
        least.Fill(0x80);
        most.Fill(0xBF);
        int all = ExpressionStore.Nothing;
        int from = low[0], to = high[0];
        if (!low[1..].SequenceEqual(least))
        {
            all = store.Choice(all, store.Sequence(store.Bytes(ByteSet.Of(low[0])), Between(store, low[1..], most)));
            from++;
        }
        if (!high[1..].SequenceEqual(most))
        {
            all = store.Choice(all, store.Sequence(store.Bytes(ByteSet.Of(high[0])), Between(store, least, high[1..])));
            to--;
        }
        return from > to ? all
            : store.Choice(all, store.Sequence(store.Bytes(ByteSet.Range((byte)from, (byte)to)), Between(store, least, most)));
    }

    public static int Encode(int point, Span<byte> bytes) => new System.Text.Rune(point).EncodeToUtf8(bytes);
}
