namespace Realm.Grammars;

/// <summary>
/// The tokens that are whole characters of plain text within a string: no quote, no backslash, no control character. Most tokens are;
/// where a state takes any plain text of as many characters, they all are allowed and only the rest is looked at one by one.
/// </summary>
internal sealed class TokenSlice
{
    public TokenSlice(TokenVocabulary vocabulary, int[] sorted, int characters)
    {
        Characters = characters;
        Bits = new ulong[vocabulary.MaskWords];
        int[] others = Array.FindAll(sorted, id => !Take(vocabulary, id));
        Rest = TokenTrie.Of(others, vocabulary);
    }

    /// <summary>The most characters of a token.</summary>
    public int Characters { get; }

    /// <summary>A bit for each token of the slice.</summary>
    public ulong[] Bits { get; }

    /// <summary>The tokens of the tier that are not in the slice.</summary>
    public TokenTrie Rest { get; }

    /// <summary>Whether a state takes every text of the slice. States that tell too many texts apart are not asked to the end.</summary>
    /// <param name="table">The states.</param>
    /// <param name="state">The state.</param>
    /// <param name="longest">If so: the longest way from behind a text to the bottom.</param>
    /// <param name="ends">If so and if asked for: the states behind the texts.</param>
    public bool IsWithin(StateTable table, int state, out int longest, List<GrammarState>? ends)
    {
        const int MostStates = 160;
        longest = 0;
        ends?.Clear();
        if (ends == null && table.EndBehindAnyText(state) is >= 0 and int end)
        {
            longest = end;
            return true;
        }
        // The state itself is seen only when a text leads back to it.
        var seen = new HashSet<(int, int)>();
        var open = new Queue<(int State, int Plain, int Characters)>();
        open.Enqueue((state, 0, 0));
        while (open.TryDequeue(out (int State, int Plain, int Characters) at))
        {
            if (at.Plain == 0 && at.Characters > 0)
            {
                longest = Math.Max(longest, table[at.State].Shortest);
                ends?.Add(table[at.State]);
            }
            if (at.Characters == Characters && at.Plain == 0)
            {
                continue;
            }
            BytePartition partition = table.PartitionOf(table[at.State]);
            for (int index = 0; index < PlainText.Classes.Length; index++)
            {
                (byte first, byte last) = PlainText.Classes[index];
                int plain = PlainText.Next(at.Plain, first);
                if (plain < 0)
                {
                    continue;
                }
                int before = -1;
                for (int value = first; value <= last; value++)
                {
                    // Bytes of a class lead to the same state.
                    if (partition.ClassOf[value] == before)
                    {
                        continue;
                    }
                    before = partition.ClassOf[value];
                    int next = table.Step(at.State, (byte)value);
                    if (next == StateTable.Dead)
                    {
                        return false;
                    }
                    if (!seen.Add((next, plain)))
                    {
                        continue;
                    }
                    if (seen.Count > MostStates)
                    {
                        return false;
                    }
                    open.Enqueue((next, plain, plain == 0 ? at.Characters + 1 : at.Characters));
                }
            }
        }
        return true;
    }

    private bool Take(TokenVocabulary vocabulary, int id)
    {
        int plain = 0, characters = 0;
        foreach (byte value in vocabulary.BytesOf(id))
        {
            plain = PlainText.Next(plain, value);
            if (plain < 0)
            {
                return false;
            }
            characters += plain == 0 ? 1 : 0;
        }
        if (plain != 0 || characters > Characters)
        {
            return false;
        }
        Bits[id >> 6] |= 1UL << (id & 63);
        return true;
    }
}
