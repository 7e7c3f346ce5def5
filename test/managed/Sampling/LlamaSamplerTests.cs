using System.Text.Json;
using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Sampling;

/// <summary>
/// Each sampler that llama.cpp has against what llama.cpp keeps of the same logits, and how probable what is kept then is: test/fixtures/llama-samplers.json, made
/// by llama-samplers.cpp beside it.
/// </summary>
public unsafe class LlamaSamplerTests
{
    // llama.cpp adds up probabilities in single precision, and where a temperature is a little different, improbable tokens tell it most.
    private const double Near = 1e-5;

    private static readonly JsonElement _facts = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden.Repository, "test", "fixtures", "llama-samplers.json"))).RootElement;

    public static TheoryData<string> Names() => [.. _facts.EnumerateArray().Select(fact => fact.GetProperty("name").GetString()!).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Keeps_what_llama_cpp_keeps(string name)
    {
        Chooser? chooser = null;
        int checkedFacts = 0;
        foreach (JsonElement fact in _facts.EnumerateArray().Where(fact => fact.GetProperty("name").GetString() == name))
        {
            int vocabulary = fact.GetProperty("vocabulary").GetInt32();
            if (chooser == null || !(fact.TryGetProperty("continues", out JsonElement continues) && continues.GetBoolean()))
                chooser = Create(fact, vocabulary);
            float[] logits = Logits(vocabulary, fact.GetProperty("seed").GetUInt32());
            using SamplerScratch scratch = new(vocabulary);
            fixed (float* p = logits)
                chooser.Sample(p, scratch);
            Check(fact, vocabulary, scratch);
            if (fact.TryGetProperty("drawn", out JsonElement drawn))
                Accept(chooser, scratch, drawn.GetInt32());
            checkedFacts++;
        }
        Assert.InRange(checkedFacts, 3, 100);
    }

    private static Chooser Create(JsonElement fact, int vocabulary)
    {
        SamplingOptions options = new(Temperature: 1);
        foreach (JsonProperty option in fact.GetProperty("options").EnumerateObject())
        {
            options = option.Name == "samplers"
                ? options with { Samplers = [.. option.Value.EnumerateArray().Select(value => value.GetString()!)] }
                : Samplers.Option(option.Name)!.With(options, option.Value.GetDouble());
        }
        DryBreakers? breakers = fact.TryGetProperty("breakers", out JsonElement sequences) ? new([.. sequences.EnumerateArray().Select(Golden.Integers)]) : null;
        Chooser chooser = new(options, vocabulary, [], breakers, stepByStep: true);
        if (fact.TryGetProperty("history", out JsonElement history))
            chooser.History.Add(Golden.Integers(history));
        return chooser;
    }

    private static void Check(JsonElement fact, int vocabulary, SamplerScratch scratch)
    {
        int[] kept = fact.TryGetProperty("kept", out JsonElement ids) ? Golden.Integers(ids) : [.. Enumerable.Range(0, vocabulary)];
        Assert.Equal(kept, scratch.Ids.ToArray());
        if (!fact.TryGetProperty("p", out JsonElement probabilities))
            return;
        double sum = scratch.Weigh(1);
        double[] expected = [.. probabilities.EnumerateArray().Select(value => value.GetDouble())];
        for (int i = 0; i < expected.Length; i++)
        {
            double room = (expected[i] * Near * (1 - Math.Log(expected[i] + 1e-300))) + 1e-30;
            Assert.InRange(scratch.CandidateWeights[i] / sum, expected[i] - room, expected[i] + room);
        }
    }

    /// <summary>What llama.cpp drew, not what we did.</summary>
    private static void Accept(Chooser chooser, SamplerScratch scratch, int token)
    {
        chooser.Chain.Last!.Drawn(scratch, scratch.Ids.IndexOf(token), scratch.Weigh(1));
        chooser.Accept(token);
    }

    /// <summary>Exact in single precision: sums of three 16-bit numbers of a linear congruential generator.</summary>
    private static float[] Logits(int count, ulong state)
    {
        float[] logits = new float[count];
        for (int i = 0; i < count; i++)
        {
            int sum = 0;
            for (int k = 0; k < 3; k++)
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
                sum += (int)(state >> 48);
            }
            logits[i] = (sum - 98302) / 8192f;
        }
        return logits;
    }
}
