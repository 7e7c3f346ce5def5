using Realm.Generation;
using Realm.Sampling;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Log probabilities of a generation.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class TokenRecordsTests
{
    private static double[] Formula(ReadOnlySpan<float> logits)
    {
        double best = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
        {
            best = Math.Max(best, logit);
        }
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - best);
        }
        var all = new double[logits.Length];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = logits[i] - best - Math.Log(sum);
        }
        return all;
    }

    /// <summary>With a sampler that changes logits, and with guessed tokens: they are those of the row that the token was chosen from.</summary>
    [Fact]
    public void AreThoseOfTheModelsOwnLogits()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        string prompt = string.Concat(Enumerable.Repeat("The capital of France is Paris.\n", 4));
        GenerationOptions options = TestReader.Options(40, ignoreEos: true) with
        {
            LogProbabilities = true,
            TopLogProbabilities = 3,
            Sampling = new SamplingOptions(0.7f, RepeatPenalty: 1.2f, Seed: 4),
        };
        using TestReader reader = TestReader.Run(model, prompt, options);
        using TestReader without = TestReader.Run(model, prompt, options with { LogProbabilities = false });
        Assert.Equal(without.Tokens, reader.Tokens);
        Assert.All(without.Records, record => Assert.Equal((0f, 0u), (record.LogProbability, record.TopCount)));
        int[] ids = [.. TestReader.Ids(model, prompt).Select(id => (int)id)], all = [.. ids, .. reader.Tokens];
        int vocabulary = model.Loaded.Model.Config.VocabSize;
        float[] logits = Networks.Logits(model.Loaded.Model, all, all.Length);
        for (int i = 0; i < reader.Records.Count; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan((ids.Length - 1 + i) * vocabulary, vocabulary);
            double[] formula = Formula(row);
            Assert.Equal(formula[reader.Tokens[i]], reader.Records[i].LogProbability, 1e-5);
            Assert.Equal(3u, reader.Records[i].TopCount);
            Assert.Equal(formula.Max(), reader.Tops[3 * i].LogProbability, 1e-5);
        }
        Assert.Equal((uint)System.Text.Encoding.UTF8.GetByteCount(reader.Text.ToString()), reader.Records[^1].TextEnd);
        model.Close();
    }
}
