using Realm.Sampling;
using Xunit;
using Candidates = System.Collections.Generic.List<(int Id, double Logit)>;

namespace Realm.Tests.Sampling;

/// <summary>Each sampler against its formula (<see cref="PlainSteps"/>), alone and behind one that has taken candidates away.</summary>
public unsafe class SamplerStepTests
{
    private static readonly SamplingOptions _off = new(Temperature: 1);

    // At its end a repetition that a 12 breaks, and one that would go on with a 12.
    private static readonly int[] _text = [.. Enumerable.Range(0, 90).Select(i => i * i % 31 % 17), 3, 12, 7, 8, 9, 5, 3, 12, 7, 8, 9, 12, 6, 3, 12, 7, 8, 9];

    private static readonly Dictionary<string, (SamplingOptions Options, Func<Candidates, Candidates> Plain)> _steps = new()
    {
        ["topK 5"] = (_off with { TopK = 5 }, all => PlainSteps.TopK(all, 5)),
        ["topK 100000"] = (_off with { TopK = 100_000 }, all => all),
        ["topP 0.9"] = (_off with { TopP = 0.9f }, all => PlainSteps.TopP(all, 0.9f)),
        ["topP 0"] = (_off with { TopP = 0 }, all => PlainSteps.TopP(all, 0)),
        ["minP 0.02"] = (_off with { MinP = 0.02f }, all => PlainSteps.MinP(all, 0.02f)),
        ["topNSigma 1.3"] = (_off with { TopNSigma = 1.3f }, all => PlainSteps.TopNSigma(all, 1.3f)),
        ["typicalP 0.4"] = (_off with { TypicalP = 0.4f }, all => PlainSteps.Typical(all, 0.4f)),
        ["typicalP 0.95"] = (_off with { TypicalP = 0.95f }, all => PlainSteps.Typical(all, 0.95f)),
        ["xtc 0.02"] = (_off with { XtcProbability = 1, XtcThreshold = 0.02f }, all => PlainSteps.Xtc(all, 0.02f)),
        ["xtc 0.51"] = (_off with { XtcProbability = 1, XtcThreshold = 0.51f }, all => all),
        ["temperature 0.6"] = (_off with { Temperature = 0.6f }, all => PlainSteps.Temperature(all, 0.6f)),
        ["temperature 0"] = (_off with { Temperature = 0 }, all => PlainSteps.Temperature(all, 0)),
        ["dynatemp"] = (_off with { DynatempRange = 0.8f, DynatempExponent = 1.7f }, all => PlainSteps.DynamicTemperature(all, 1, 0.8f, 1.7f)),
        ["mirostat"] = (_off with { Mirostat = 2, MirostatTau = 2 }, all => PlainSteps.Mirostat(all, 4)),
        ["mirostat 0"] = (_off with { Mirostat = 2, MirostatTau = 0 }, all => PlainSteps.Mirostat(all, 0)),
        ["adaptiveP"] = (_off with { AdaptiveTarget = 0.3f }, all => PlainSteps.AdaptiveP(all, 0.3f)),
        ["penalties"] = (
            _off with { RepeatPenalty = 1.4f, FrequencyPenalty = 0.2f, PresencePenalty = -0.7f },
            all => PlainSteps.Penalties(all, _text[^64..], 1.4f, 0.2f, -0.7f)),
        ["penalties of all"] = (_off with { FrequencyPenalty = 0.2f, RepeatLastN = -1 }, all => PlainSteps.Penalties(all, _text, 1, 0.2f, 0)),
        ["dry"] = (_off with { DryMultiplier = 0.8f }, all => PlainSteps.Dry(all, _text, 0.8f, 1.75f, 2, breaker: -1)),
        ["dry with a breaker"] = (_off with { DryMultiplier = 0.8f, DryAllowedLength = 1 }, all => PlainSteps.Dry(all, _text, 0.8f, 1.75f, 1, breaker: 12)),
    };

    public static TheoryData<string> Names() => [.. _steps.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Does_what_its_formula_says(string name)
    {
        (SamplingOptions options, Func<Candidates, Candidates> plain) = _steps[name];
        DryBreakers? breakers = name.Contains("breaker") ? new([12]) : null;
        for (int seed = 0; seed < 12; seed++)
        {
            int vocabulary = seed < 4 ? 20 + seed : seed < 8 ? 300 : 3000;
            // Distances from a best logit, which differ enough for no formula to have two answers.
            float[] logits = SamplerTests.Gaussian(vocabulary, seed, deviation: 2 + (seed % 3));
            Check(options, logits, breakers, plain);
            // The same behind another step.
            string step = name.Split(' ')[0] switch { "dynatemp" => "temperature", string other => other };
            if (step != "topK")
                Check(options with { TopK = 15, Samplers = ["topK", step] }, logits, breakers, all => plain(PlainSteps.TopK(all, 15)));
        }
    }

    private static void Check(SamplingOptions options, float[] original, DryBreakers? breakers, Func<Candidates, Candidates> plain)
    {
        float[] logits = (float[])original.Clone();
        Candidates expected = plain(PlainSteps.Sorted(original.Select((logit, id) => (id, (double)logit))));
        using SamplerScratch scratch = new(logits.Length);
        Chooser chooser = new(options, logits.Length, [], breakers, stepByStep: true);
        chooser.History.Add(_text);
        fixed (float* p = logits)
            Assert.Contains(chooser.Sample(p, scratch), expected.Select(c => c.Id));
        Assert.Equal(expected.Select(c => c.Id).Order(), scratch.Ids.ToArray());
        double[] probabilities = PlainSteps.Probabilities(expected);
        double sum = scratch.Weigh(1);
        for (int i = 0; i < expected.Count; i++)
            Assert.Equal(probabilities[i], scratch.CandidateWeights[scratch.Ids.IndexOf(expected[i].Id)] / sum, 1e-5 * probabilities[i] + 1e-9);
    }

    /// <summary>Mirostat's limit follows the surprise of what is accepted; adaptive-p's target moves against its probability.</summary>
    [Fact]
    public void What_is_chosen_is_learnt_from()
    {
        float[] logits = [3, 2, 1, 0, -1];
        double[] weights = [.. logits.Select(x => Math.Exp(x - 3))];
        using SamplerScratch scratch = new(5);
        Chooser mirostat = new(_off with { Mirostat = 2, MirostatTau = 3, MirostatEta = 0.5f, Seed = 1 }, 5);
        Chooser adaptive = new(_off with { AdaptiveTarget = 0.5f, AdaptiveDecay = 0.8f, Seed = 2 }, 5);
        double most = 6, sum = 0.5 / (1 - 0.8f), total = 1 / (1 - 0.8f);
        for (int i = 0; i < 50; i++)
        {
            int token = Sample(mirostat);
            double[] kept = [.. weights.Where(weight => -Math.Log2(weight / weights.Sum()) <= most)];
            most -= 0.5 * (-Math.Log2(weights[token] / (kept.Length == 0 ? 1 : kept.Sum())) - 3);
            Assert.Equal(most, ((Mirostat)mirostat.Chain.Last!).Most, 1e-5);
            token = Sample(adaptive);
            (sum, total) = ((weights[token] / weights.Sum()) + (0.8f * sum), 1 + (0.8f * total));
            Assert.Equal(Math.Clamp(1 - (sum / total), 0, 1), ((AdaptiveP)adaptive.Chain.Last!).Target, 1e-5);
        }

        int Sample(Chooser chooser)
        {
            fixed (float* p = (float[])logits.Clone())
            {
                int token = chooser.Sample(p, scratch);
                chooser.Accept(token);
                return token;
            }
        }
    }

    /// <summary>A token that the caller took instead of the one drawn teaches nothing.</summary>
    [Fact]
    public void What_was_not_drawn_is_not_learnt_from()
    {
        using SamplerScratch scratch = new(3);
        Chooser chooser = new(_off with { Mirostat = 2 }, 3);
        double most = ((Mirostat)chooser.Chain.Last!).Most;
        fixed (float* p = new float[] { 1, 0, 2 })
            chooser.Accept((chooser.Sample(p, scratch) + 1) % 3);
        Assert.Equal(most, ((Mirostat)chooser.Chain.Last!).Most);
    }

    /// <summary>XTC acts as often as asked, and of equally improbable top choices one stays: the one behind.</summary>
    [Fact]
    public void Xtc_acts_now_and_then()
    {
        float[] logits = [1, 1, 1, -5];
        using SamplerScratch scratch = new(4);
        Chooser chooser = new(_off with { XtcProbability = 0.3f, Seed = 3 }, 4);
        int acted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            fixed (float* p = logits)
                chooser.Sample(p, scratch);
            acted += scratch.Ids.SequenceEqual([2, 3]) ? 1 : 0;
            Assert.True(scratch.Count == 4 || scratch.Ids.SequenceEqual([2, 3]));
        }
        Assert.InRange(acted, 5700, 6300);
    }

    /// <summary>Where logits on both sides are equally near to the mean, the lower ids are ahead.</summary>
    [Fact]
    public void Typical_breaks_ties_by_id()
    {
        float[] logits = [0, 0, 0, 0, 0, 0, 0, 0];
        using SamplerScratch scratch = new(8);
        fixed (float* p = logits)
            new Chooser(_off with { TypicalP = 0.5f }, 8).Sample(p, scratch);
        Assert.Equal([0, 1, 2, 3], scratch.Ids.ToArray());
    }

    /// <summary>A repetition's loss is finite where the power is not, and is then just never chosen.</summary>
    [Fact]
    public void Dry_does_not_overflow()
    {
        float[] logits = [0, 50, 0];
        using SamplerScratch scratch = new(3);
        Chooser chooser = new(new SamplingOptions(0) { DryMultiplier = 1e30f, DryBase = 10 }, 3);
        for (int i = 0; i < 300; i++)
            chooser.History.Add(1);
        fixed (float* p = logits)
            Assert.Equal(0, chooser.Sample(p, scratch));
        Assert.Equal(float.MinValue, logits[1]);
    }
}
