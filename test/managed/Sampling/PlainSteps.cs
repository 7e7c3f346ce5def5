using Realm.Sampling;

namespace Realm.Tests.Sampling;

/// <summary>Each sampler's formula, done the plain way, in double precision: candidates are (id, logit), best first; of equal logits the lower id is ahead.</summary>
internal static class PlainSteps
{
    public static List<(int Id, double Logit)> Sorted(IEnumerable<(int Id, double Logit)> candidates) => [.. candidates.OrderByDescending(c => c.Logit).ThenBy(c => c.Id)];

    public static double[] Probabilities(List<(int Id, double Logit)> candidates)
    {
        double best = candidates.Max(c => c.Logit);
        double[] weights = [.. candidates.Select(c => Math.Exp(c.Logit - best))];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    public static List<(int Id, double Logit)> TopK(List<(int Id, double Logit)> all, int count) => [.. all.Take(count)];

    public static List<(int Id, double Logit)> TopP(List<(int Id, double Logit)> all, double p) => Until(all, Probabilities(all), p);

    public static List<(int Id, double Logit)> MinP(List<(int Id, double Logit)> all, double p) => [.. all.Where(c => Math.Exp(c.Logit - all[0].Logit) >= p)];

    public static List<(int Id, double Logit)> TopNSigma(List<(int Id, double Logit)> all, double n)
    {
        double mean = all.Average(c => c.Logit), deviation = Math.Sqrt(all.Average(c => (c.Logit - mean) * (c.Logit - mean)));
        return [.. all.Where(c => c.Logit >= all[0].Logit - (n * deviation))];
    }

    public static List<(int Id, double Logit)> Typical(List<(int Id, double Logit)> all, double p)
    {
        double[] probabilities = Probabilities(all);
        double entropy = -probabilities.Sum(q => q * Math.Log(q));
        int[] order = [.. Enumerable.Range(0, all.Count).OrderBy(i => Math.Abs(-Math.Log(probabilities[i]) - entropy))];
        return Sorted(Until([.. order.Select(i => all[i])], [.. order.Select(i => probabilities[i])], p));
    }

    public static List<(int Id, double Logit)> Xtc(List<(int Id, double Logit)> all, double threshold)
    {
        int choices = Probabilities(all).Count(q => q >= threshold);
        return choices > 1 ? [.. all.Skip(choices - 1)] : all;
    }

    public static List<(int Id, double Logit)> Temperature(List<(int Id, double Logit)> all, double temperature) =>
        temperature == 0 ? [all[0]] : [.. all.Select(c => (c.Id, c.Logit / temperature))];

    public static List<(int Id, double Logit)> DynamicTemperature(List<(int Id, double Logit)> all, double temperature, double range, double exponent)
    {
        double entropy = -Probabilities(all).Sum(q => q * Math.Log(q)), share = entropy / Math.Log(all.Count);
        double lowest = Math.Max(0, temperature - range), highest = temperature + range;
        return Temperature(all, lowest + ((highest - lowest) * Math.Pow(share, exponent)));
    }

    public static List<(int Id, double Logit)> Mirostat(List<(int Id, double Logit)> all, double most)
    {
        double[] probabilities = Probabilities(all);
        int kept = probabilities.Count(q => -Math.Log2(q) <= most);
        return [.. all.Take(Math.Max(kept, 1))];
    }

    public static List<(int Id, double Logit)> AdaptiveP(List<(int Id, double Logit)> all, double target)
    {
        double[] probabilities = Probabilities(all);
        return Sorted(all.Select((c, i) => (c.Id, Bent(probabilities[i]))));

        double Bent(double probability)
        {
            double distance = Math.Abs(probability - target) / 0.3;
            return 5 - (10 * distance * distance / (1 + distance));
        }
    }

    public static List<(int Id, double Logit)> Penalties(List<(int Id, double Logit)> all, int[] window, double repeat, double frequency, double presence)
    {
        return Sorted(all.Select(c => (c.Id, Changed(c.Logit, window.Count(token => token == c.Id)))));

        double Changed(double logit, int count) => count == 0 ? logit : (logit > 0 ? logit / repeat : logit * repeat) - (count * frequency) - presence;
    }

    /// <summary>By looking at all pairs of places.</summary>
    public static List<(int Id, double Logit)> Dry(List<(int Id, double Logit)> all, int[] text, double multiplier, double power, int allowed, int breaker)
    {
        int limit = text.Length - 1 - Array.LastIndexOf(text, breaker);
        return Sorted(all.Select(c => (c.Id, c.Logit - Loss(c.Id))));

        double Loss(int token)
        {
            int longest = -1;
            for (int at = 0; at < text.Length && token != breaker; at++)
            {
                int length = 0;
                while (length < at && length < limit && text[at - 1 - length] == text[^(1 + length)])
                    length++;
                longest = text[at] == token ? Math.Max(longest, length) : longest;
            }
            return longest < allowed || limit < allowed || text.Length <= allowed ? 0 : multiplier * Math.Pow(power, longest - allowed);
        }
    }

    private static List<(int Id, double Logit)> Until(List<(int Id, double Logit)> candidates, double[] probabilities, double mass)
    {
        double reached = 0;
        int kept = 0;
        while (kept < candidates.Count && (kept == 0 || reached < mass))
            reached += probabilities[kept++];
        return [.. candidates.Take(kept)];
    }
}
