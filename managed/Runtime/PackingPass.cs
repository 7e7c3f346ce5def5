using Realm.Formats;

namespace Realm.Runtime;

/// <summary>Packs all matrices, a few groups at a time, on all threads.</summary>
internal sealed class PackingPass(IReadOnlyList<Weight> weights) : IPass
{
    private const int GroupsAtATime = 16;

    private int _next;

    public void Run(int thread)
    {
        // Chunks are numbered through all matrices; each thread takes the next one.
        int weight = 0, before = 0;
        while (true)
        {
            int chunk = Interlocked.Increment(ref _next) - 1;
            while (weight < weights.Count && chunk - before >= Chunks(weights[weight]))
                before += Chunks(weights[weight++]);
            if (weight == weights.Count)
                return;
            int first = (chunk - before) * GroupsAtATime;
            int last = Math.Min(first + GroupsAtATime, weights[weight].Groups);
            for (int group = first; group < last; group++)
                weights[weight].PackGroup(group);
        }
    }

    private static int Chunks(Weight weight) => (weight.Groups + GroupsAtATime - 1) / GroupsAtATime;
}
