using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Realm.Sampling;

namespace Realm.Bench;

/// <summary>What choosing a token takes: `logits|way|microseconds` for each kind of logits and each way to choose.</summary>
internal static unsafe class Sampling
{
    private const int Seed = 7;
    private const int MostTrials = 2000;
    private static readonly TimeSpan _each = TimeSpan.FromMilliseconds(300);

    private static readonly (string Name, SamplingOptions Options)[] _ways =
    [
        ("top-k 40", new(1, TopK: 40)),
        ("top-p 0.95", new(1, TopP: 0.95f)),
        ("min-p 0.05", new(1, MinP: 0.05f)),
        ("all three", new(1, 40, 0.95f, 0.05f)),
        ("temperature alone", new(1)),
        ("greedy", new(0)),
        ("temperature, then top-p", new(1, TopP: 0.95f) { Samplers = ["temperature", "topP"] }),
        ("typical 0.95", new(1) { TypicalP = 0.95f }),
        ("top-nσ 1", new(1) { TopNSigma = 1 }),
        ("XTC", new(1, 40) { XtcProbability = 1 }),
        ("dynamic temperature", new(1, 40) { DynatempRange = 0.5f }),
        ("Mirostat 2", new(1) { Mirostat = 2 }),
        ("adaptive-p", new(1, MinP: 0.05f) { AdaptiveTarget = 0.5f }),
        ("penalties", new(1, 40) { RepeatPenalty = 1.1f, FrequencyPenalty = 0.1f, RepeatLastN = -1 }),
        ("DRY", new(1, 40) { DryMultiplier = 0.8f }),
    ];

    public static void Measure(int vocabulary)
    {
        float* logits = (float*)NativeMemory.AlignedAlloc((nuint)vocabulary * sizeof(float), 4096);
        using SamplerScratch scratch = new(vocabulary);
        // A text of 2000 tokens, which the steps that look back find much in.
        History history = new(2000);
        for (int i = 0; i < 2000; i++)
            history.Add(i * i % 97 * (vocabulary / 97));
        foreach ((string kind, float deviation, int heads) in ((string, float, int)[])[("peaked", 3, 12), ("flat", 2, 0), ("flatter", 1, 0), ("equal", 0, 0)])
        {
            Fill(new Span<float>(logits, vocabulary), deviation, heads);
            foreach ((string way, SamplingOptions options) in _ways)
            {
                SamplerChain chain = SamplerChain.Create(options, vocabulary);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}|{way}|{FirstQuartile(chain, logits, history, scratch):F2}"));
            }
        }
        NativeMemory.AlignedFree(logits);
    }

    // Normally distributed; and a few that stand out, as in what models say: together they have nearly all weight.
    private static void Fill(Span<float> logits, float deviation, int heads)
    {
        Random random = new(Seed);
        foreach (ref float logit in logits)
            logit = deviation * (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        for (int i = 0; i < heads; i++)
            logits[random.Next(logits.Length)] = 22 - 0.6f * i;
    }

    // Microseconds. Whatever else the machine does only makes it slower.
    private static double FirstQuartile(SamplerChain chain, float* logits, History history, SamplerScratch scratch)
    {
        RandomSource random = new(Seed);
        List<double> trials = [];
        long began = Stopwatch.GetTimestamp();
        while (trials.Count < 20 || (trials.Count < MostTrials && Stopwatch.GetElapsedTime(began) < _each))
        {
            long start = Stopwatch.GetTimestamp();
            chain.Choose(logits, null, history, random, scratch);
            trials.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
        trials.Sort();
        return trials[trials.Count / 4];
    }
}
