namespace Realm.Generation;

/// <summary>What a plan needs to know of a sequence.</summary>
internal interface IPlanned
{
    /// <summary>It can take no row now.</summary>
    bool IsIdle { get; }

    /// <summary>Beyond its prompt: it wants one row a pass, and soon.</summary>
    bool IsDecoding { get; }

    /// <summary>Rows that it could use; of a decoding one, before <see cref="Extra"/>, 1.</summary>
    int Wanted { get; }

    /// <summary>All rows of its prompt go in one pass, or none: the model sees ahead.</summary>
    bool IsIndivisible { get; }

    /// <summary>How urgent it is.</summary>
    Priority Priority { get; }

    /// <summary>Passes that went by without a row of it.</summary>
    int PassesWaited { get; }

    /// <summary>Of a decoding one: rows it wants beyond the first, because they bring more than they cost. Asked once a plan.</summary>
    /// <param name="rows">Rows that the pass has anyway, one of them its own.</param>
    /// <param name="room">Rows that may be added.</param>
    int Extra(int rows, int room);
}

/// <summary>
/// Who gets how many rows of a pass. Decoding sequences come first, with one row each, and more where that pays; prompts share what is
/// left, the urgent ones first. What runs in the background gets rows when nobody else wants any, or once it has waited
/// <see cref="Patience"/> passes. The rows of one sequence are one number: in the batch they stand side by side.
/// </summary>
/// <param name="most">Sequences at most. So many rows are kept from those who want more than one.</param>
internal sealed class BatchPlan(int most)
{
    /// <summary>Rows of prompts in a pass that decoding sequences take part in: they wait for the whole pass before their next
    /// token.</summary>
    public const int PromptRowsBesideDecoding = 128;

    /// <summary>Passes that raise a waiting sequence by a class.</summary>
    public const int Patience = 16;

    private readonly int[] _members = new int[most];
    private readonly int[] _rows = new int[most];
    private int _turn;

    /// <summary>Sequences that get rows.</summary>
    public int Count { get; private set; }

    /// <summary>Rows of all of them.</summary>
    public int Rows { get; private set; }

    /// <summary>No row belongs to a prompt.</summary>
    public bool AllDecode { get; private set; }

    /// <summary>The place in the list of the <paramref name="index"/>th sequence that gets rows, and how many.</summary>
    public (int Member, int Rows) this[int index] => (_members[index], _rows[index]);

    /// <summary>Plans a pass. Who is served first changes from plan to plan.</summary>
    /// <param name="members">The sequences, at least one.</param>
    /// <param name="capacity">Rows of a pass at most.</param>
    public void Make(IReadOnlyList<IPlanned> members, int capacity)
    {
        int count = members.Count;
        _turn = (_turn + 1) % count;
        Count = 0;
        Rows = 0;
        bool othersWait = false;
        for (int i = 0; i < count; i++)
        {
            othersWait |= !members[i].IsIdle && Rank(members[i]) > 0;
        }
        int leastRank = othersWait ? 1 : 0;
        int anyway = 0;
        AllDecode = true;
        for (int i = 0; i < count; i++)
        {
            IPlanned member = members[i];
            if (TakesPart(member, leastRank))
            {
                AllDecode &= member.IsDecoding;
                anyway += member.IsDecoding ? 1 : Math.Min(member.Wanted, PromptRowsBesideDecoding);
            }
        }
        for (int i = 0; i < count; i++)
        {
            int place = (_turn + i) % count;
            IPlanned member = members[place];
            if (TakesPart(member, leastRank) && member.IsDecoding)
            {
                int extra = member.Extra(anyway, Math.Max(0, capacity - most - Rows));
                anyway += extra;
                Add(place, 1 + extra);
            }
        }
        int room = Rows > 0 ? Math.Min(capacity - Rows, PromptRowsBesideDecoding) : capacity;
        for (int rank = (int)Priority.High; rank >= leastRank && room > 0; rank--)
        {
            room -= AddPrompts(members, rank, room);
        }
    }

    /// <returns>How many rows they got.</returns>
    private int AddPrompts(IReadOnlyList<IPlanned> members, int rank, int room)
    {
        int prompts = 0;
        for (int i = 0; i < members.Count; i++)
        {
            prompts += IsPrompt(members[i], rank) ? 1 : 0;
        }
        int given = 0;
        for (int i = 0; i < members.Count && given < room && prompts > 0; i++)
        {
            int place = (_turn + i) % members.Count;
            if (IsPrompt(members[place], rank))
            {
                // What one does not need, those after it share.
                int rows = members[place].Wanted;
                if (!members[place].IsIndivisible)
                {
                    rows = Math.Min(rows, Math.Max(1, (room - given) / prompts));
                }
                prompts--;
                if (rows <= room - given)
                {
                    Add(place, rows);
                    given += rows;
                }
            }
        }
        return given;
    }

    private void Add(int member, int rows)
    {
        _members[Count] = member;
        _rows[Count] = rows;
        Count++;
        Rows += rows;
    }

    private static bool TakesPart(IPlanned member, int leastRank) => !member.IsIdle && Rank(member) >= leastRank;

    private static bool IsPrompt(IPlanned member, int rank) => !member.IsIdle && !member.IsDecoding && Rank(member) == rank;

    private static int Rank(IPlanned member) => Math.Min((int)member.Priority + (member.PassesWaited / Patience), (int)Priority.High);
}
