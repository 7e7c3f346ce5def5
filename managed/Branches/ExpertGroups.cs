namespace Realm.Branches;

/// <summary>Experts in groups, of which only the best are chosen from. (DeepSeek-AI, 2024, section 2.1.2)</summary>
internal static unsafe class ExpertGroups
{
    /// <summary>Ranks of experts in groups that are not among the best become minus infinity. `room`: a number for each group.</summary>
    public static void Leave(Routing routing, float* ranks, float* room)
    {
        int groups = routing.Groups, size = routing.Experts / groups;
        int* best = stackalloc int[routing.GroupsUsed];
        for (int group = 0; group < groups; group++)
            room[group] = Rank(ranks + group * size, size, routing.GroupRankedBy);
        Best.Choose(room, groups, routing.GroupsUsed, best);
        for (int group = 0; group < groups; group++)
        {
            if (!new ReadOnlySpan<int>(best, routing.GroupsUsed).Contains(group))
                new Span<float>(ranks + group * size, size).Fill(float.NegativeInfinity);
        }
    }

    // The sum of a group's best, the best first.
    private static float Rank(float* ranks, int size, int count)
    {
        count = Math.Min(count, size);
        int* best = stackalloc int[count];
        Best.Choose(ranks, size, count, best);
        float sum = 0;
        for (int i = 0; i < count; i++)
            sum += ranks[best[i]];
        return sum;
    }
}
