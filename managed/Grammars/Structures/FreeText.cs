namespace Realm.Grammars.Structures;

/// <summary>
/// Any valid UTF-8 in which none of some texts occurs (Aho and Corasick 1975). Closed, when its tokens are spent, it takes the rest of the
/// character under way and nothing else.
/// </summary>
internal sealed class FreeText : ByteMachine
{
    /// <summary>Bytes of all texts that must not occur.</summary>
    public const int MostBytes = 1 << 14;

    /// <summary>States of <see cref="PlainText"/>, of which the text's has one: bytes of the character still to come.</summary>
    private const int Within = 8;

    private readonly int[] _next;       // (states of the search, classes of bytes); -1: one of the texts is complete
    private readonly int _classes;
    private readonly int _closing;      // added to a state

    /// <param name="without">Texts that must not occur; none is empty.</param>
    /// <param name="budget">Tokens; null: any number.</param>
    /// <exception cref="RealmException">E_LIMIT.</exception>
    public FreeText(IReadOnlyList<byte[]> without, int? budget)
    {
        Budget = budget;
        TakesAnyText = without.Count == 0;
        int states = 1;
        ByteSet used = default;
        foreach (byte[] text in without)
        {
            states += text.Length;
            foreach (byte value in text)
            {
                used |= ByteSet.Of(value);
            }
        }
        if (states > MostBytes)
        {
            throw new RealmException(ErrorCode.Limit, $"the texts that must not occur have {states - 1} bytes; at most {MostBytes} are held");
        }
        BytePartition ofTexts = BytePartition.OfSingles(used);
        Partition = BytePartition.Meet(ofTexts, OfCharacters());
        _classes = Partition.Representatives.Length;
        _next = Search(without, states);
        _closing = states * Within;
    }

    public override int? Budget { get; }

    public override BytePartition Partition { get; }

    public override bool TakesAnyText { get; }

    public override int Next(int state, byte value)
    {
        bool isClosing = state >= _closing;
        int within = state % Within;
        if (isClosing && within == 0)
        {
            return -1;
        }
        // In a JSON string these would be escaped; here they are characters like any other.
        int left = within == 0 && value is (byte)'"' or (byte)'\\' or < 0x20 ? 0 : PlainText.Next(within, value);
        int search = _next[state % _closing / Within * _classes + Partition.ClassOf[value]];
        return left < 0 || search < 0 ? -1 : search * Within + left + (isClosing ? _closing : 0);
    }

    public override bool Accepts(int state) => state % Within == 0;

    public override int Shortest(int state) => Accepts(state) ? 0 : -1;

    public override int Closing(int state) => state < _closing ? state + _closing : state;

    /// <summary>Bytes that characters tell apart.</summary>
    private static BytePartition OfCharacters()
    {
        BytePartition all = BytePartition.One;
        foreach ((byte first, byte last) in PlainText.Classes)
        {
            // Quotes and backslashes part the ASCII that is one class here.
            if (first >= 0x80)
            {
                all = BytePartition.Meet(all, BytePartition.Of(ByteSet.Range(first, last)));
            }
        }
        return BytePartition.Meet(all, BytePartition.Of(ByteSet.Range(0, 0x7F)));
    }

    /// <summary>A trie of the texts in which a byte that leads no further goes on from the longest end that is a beginning.</summary>
    private int[] Search(IReadOnlyList<byte[]> texts, int most)
    {
        var trie = new int[most * _classes];
        var isText = new bool[most];
        int count = 1;
        foreach (byte[] text in texts)
        {
            int state = 0;
            foreach (byte value in text)
            {
                ref int child = ref trie[state * _classes + Partition.ClassOf[value]];
                state = child = child > 0 ? child : count++;
            }
            isText[state] = true;
        }
        var next = new int[most * _classes];
        var fallback = new int[most];
        var open = new Queue<int>();
        open.Enqueue(0);
        while (open.TryDequeue(out int state))
        {
            isText[state] |= isText[fallback[state]];
            for (int value = 0; value < _classes; value++)
            {
                int child = trie[state * _classes + value];
                int other = state == 0 ? 0 : next[fallback[state] * _classes + value];
                if (child > 0)
                {
                    fallback[child] = other;
                    open.Enqueue(child);
                }
                next[state * _classes + value] = child > 0 ? child : other;
            }
        }
        for (int i = 0; i < next.Length; i++)
        {
            next[i] = isText[next[i]] ? -1 : next[i];
        }
        return next;
    }
}
