using Realm.Kernels;
using Realm.Sampling;

namespace Realm.Tests.Sampling;

/// <summary>What <see cref="Sampler"/> promises, done the plain way: sort all candidates, then cut. In double but for the tokens' weights.</summary>
internal static class SortedSampler
{
    public static int[] Draw(SamplingOptions options, float[] original, int draws)
    {
        var random = new RandomSource(options.Seed);
        var history = new List<int>();
        var result = new int[draws];
        for (int i = 0; i < draws; i++)
        {
            result[i] = One(options, (float[])original.Clone(), history, random);
            history.Add(result[i]);
        }
        return result;
    }

    private static int One(SamplingOptions options, float[] logits, List<int> history, RandomSource random)
    {
        foreach (int id in history.TakeLast(64).Distinct())
        {
            logits[id] = logits[id] > 0 ? logits[id] / options.RepeatPenalty : logits[id] * options.RepeatPenalty;
        }
        List<int> ids = [.. Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).ThenBy(id => id)];
        float best = logits[ids[0]];
        if (options.Temperature == 0)
        {
            return ids[0];
        }
        if (options.TopK > 0)
        {
            ids = [.. ids.Take(options.TopK)];
        }
        if (options.TopP < 1)
        {
            double sum = ids.Sum(id => (double)Exp.Compute(logits[id] - best));
            double reached = 0;
            int kept = 0;
            while (kept < ids.Count && (kept == 0 || reached < options.TopP * sum))
            {
                reached += Exp.Compute(logits[ids[kept]] - best);
                kept++;
            }
            ids = [.. ids.Take(kept)];
        }
        if (options.MinP > 0)
        {
            float least = best + (float)Math.Log(options.MinP);
            ids = [.. ids.Where(id => logits[id] >= least)];
        }
        ids.Sort();
        float scale = 1 / options.Temperature;
        double total = ids.Sum(id => (double)Exp.Compute((logits[id] - best) * scale));
        double mass = random.NextDouble() * total;
        foreach (int id in ids)
        {
            double weight = Exp.Compute((logits[id] - best) * scale);
            if (mass < weight)
            {
                return id;
            }
            mass -= weight;
        }
        return ids[^1];
    }
}
