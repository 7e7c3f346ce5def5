using Realm.Generation;
using Realm.Runtime;
using Realm.Sampling;
using Realm.Tests.Conformance;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>What was computed of a prompt is not computed again, and nothing else changes.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class PrefixCacheTests
{
    /// <summary>Tokens, log probabilities (their bits) and how much of the prompt came from the cache.</summary>
    private sealed record Outcome(string Tokens, long Cached, string? Failure)
    {
        public static Outcome Of(TestReader reader) => new(
            string.Join(' ', reader.Records.Select(record => $"{record.Id}:{BitConverter.SingleToInt32Bits(record.LogProbability):x}")),
            reader.End.Figures.CachedTokens,
            reader.State.Failure?.Message);
    }

    private static GenerationOptions Options(bool cache = true, int max = 10, float[]? scales = null) => new()
    {
        Sampling = new SamplingOptions(0.8f, Seed: 7),
        MaxTokens = max,
        IgnoreEos = true,
        LogProbabilities = true,
        CachePrompt = cache,
        AdapterScales = scales,
    };

    private static Outcome Run(OpenModel model, uint[] prompt, GenerationOptions options)
    {
        using var reader = new TestReader();
        reader.Finish(model.Generate(prompt, options, TestReader.Notify, reader.User));
        // What it has left to others is there now.
        Assert.True(SpinWait.SpinUntil(() => model.Jobs == 0, 10_000));
        return Outcome.Of(reader);
    }

    private static Outcome[] RunTogether(OpenModel model, uint[][] prompts, GenerationOptions options)
    {
        TestReader[] readers = [.. prompts.Select(_ => new TestReader())];
        Job[] jobs = [.. prompts.Select((prompt, i) => model.Generate(prompt, options, TestReader.Notify, readers[i].User))];
        for (int i = 0; i < jobs.Length; i++)
        {
            readers[i].Finish(jobs[i]);
        }
        Outcome[] outcomes = [.. readers.Select(Outcome.Of)];
        Array.ForEach(readers, reader => reader.Dispose());
        return outcomes;
    }

    private static uint[] Ids(OpenModel model, int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(3, model.Loaded.Model.Config.VocabSize))];
    }

    /// <summary>A small Llama of random weights whose context holds 2,048 tokens.</summary>
    private static OpenModel OpenRandom(ModelOptions options)
    {
        byte[] bytes = RandomModel.Llama(32, 2, 4, 2, 8, 48, 128, context: 2048).ToArray();
        fixed (byte* start = bytes)
        {
            return new OpenModel(LoadedModels.LeaseBytes(start, bytes.Length, options), vocabOnly: false);
        }
    }

    /// <summary>All architectures, whatever they remember: pages, windows, recurrent states, or all of them.</summary>
    [GoldenTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void GivesTheSameBitsForEveryArchitecture(int threads)
    {
        int recurrent = 0, plain = 0;
        foreach (GoldenModel golden in GoldenIndex.All().Where(golden => golden is { Folder: "archs", SeesAll: false, Logits: not null }))
        {
            var model = new OpenModel(LoadedModels.LeasePath(golden.Path, new ModelOptions(threads)), vocabOnly: false);
            if (model.Loaded.Model.Config.ContextLength >= 288 && !model.Loaded.Model.ReadsWholeTexts)
            {
                bool isRecurrent = model.Loaded.Prefixes!.Plan.FixedFloats > 0;
                recurrent += isRecurrent ? 1 : 0;
                plain += isRecurrent ? 0 : 1;
                Compare(model, golden.Id, isRecurrent);
            }
            model.Close();
        }
        Assert.True(recurrent >= 10 && plain >= 50, $"{recurrent} recurrent and {plain} other models");
    }

    private static void Compare(OpenModel model, string name, bool isRecurrent)
    {
        uint[] first = Ids(model, 200, 1), other = [.. first[..150], .. Ids(model, 50, 2)], longer = [.. first, .. Ids(model, 75, 3)];
        Outcome Expected(uint[] prompt) => Run(model, prompt, Options(cache: false));
        void Check(uint[] prompt, int cached, string what) => Assert.Equal((name, what, Expected(prompt) with { Cached = cached }), (name, what, Run(model, prompt, Options())));

        Check(first, 0, "at first");
        Check(first, 192, "again");
        // A recurrent state was kept at 192 only, which is beyond what these have in common.
        Check(other, isRecurrent ? 0 : 128, "a part");
        Check(longer, 192, "longer");
        // Its last border, and what came before by way of another text.
        Check([.. longer[..270], 5, 6], 256, "longest");
    }

    [Fact]
    public void OfManyAtOnceOneComputesThePrompt()
    {
        OpenModel model = OpenRandom(new ModelOptions(2));
        uint[] prompt = Ids(model, 1500, 1), other = [.. prompt[..700], .. Ids(model, 100, 2)];
        uint[][] prompts = [prompt, prompt, other, prompt, other, prompt];
        Outcome[] expected = [.. prompts.Select(prompt => Run(model, prompt, Options(cache: false)))];
        Outcome[] together = RunTogether(model, prompts, Options());
        Assert.Equal([0, 1472, 640, 1472, 768, 1472], together.Select(outcome => outcome.Cached));
        Assert.Equal(expected, together.Select(outcome => outcome with { Cached = 0 }));
        model.Close();
    }

    [Fact]
    public void APromptThatWasSeenTakesNoRowsOfAPass()
    {
        OpenModel model = OpenRandom(new ModelOptions(1));
        uint[] prompt = Ids(model, 1500, 1);
        int Passes()
        {
            using Batch batch = model.Loaded.Model.NewBatch();
            using var scratch = new SamplerScratch(model.Loaded.Model.Config.VocabSize);
            var job = new GenerationJob(model, Prompt.OfIds(prompt, model.Loaded.Model.Config), Options(max: 1), null, null);
            job.Begin(model.Loaded.Model);
            int rows = 0;
            while (!job.IsFinished)
            {
                batch.Clear();
                job.Feed(batch, Math.Min(((IPlanned)job).Wanted, batch.Capacity));
                rows += batch.Count;
                Assert.True(model.Loaded.Model.Forward(batch));
                job.Take(batch, scratch);
                job.Settle();
            }
            job.Release();
            return rows;
        }
        Assert.Equal(1500, Passes());
        Assert.Equal(1500 - 1472, Passes());
        model.Close();
    }

    /// <summary>What was generated is there too when the conversation goes on.</summary>
    [Fact]
    public void GoesOnAfterAnAnswer()
    {
        OpenModel model = OpenRandom(new ModelOptions(1));
        uint[] prompt = Ids(model, 100, 1);
        using var reader = new TestReader();
        reader.Finish(model.Generate(prompt, Options(max: 60), TestReader.Notify, reader.User));
        uint[] next = [.. prompt, .. reader.Tokens.Select(token => (uint)token), 7, 8, 9];
        Outcome expected = Run(model, next, Options(cache: false));
        Assert.Equal(expected with { Cached = 128 }, Run(model, next, Options()));
        model.Close();
    }

    [Fact]
    public void WhoDoesNotWantItNeitherReadsNorWrites()
    {
        OpenModel model = OpenRandom(new ModelOptions(1));
        uint[] prompt = Ids(model, 200, 1);
        Run(model, prompt, Options(cache: false));
        Assert.Equal(0, model.Loaded.Prefixes!.Bytes);
        Assert.Equal(0, Run(model, prompt, Options()).Cached);
        Assert.Equal(0, Run(model, prompt, Options(cache: false)).Cached);
        Assert.Equal(192, Run(model, prompt, Options()).Cached);
        model.Close();
    }

    /// <summary>The least recently used pages go first, of a text the last ones.</summary>
    [Fact]
    public void KeepsToItsBudget()
    {
        OpenModel probe = OpenRandom(new ModelOptions(1));
        long page = probe.Loaded.Prefixes!.Plan.PageBytes + 512;
        probe.Close();
        OpenModel model = OpenRandom(new ModelOptions(1) { PromptCacheBytes = 8 * page });
        uint[] a = Ids(model, 5 * 64 + 1, 1), b = Ids(model, 5 * 64 + 1, 2);
        Run(model, a, Options(max: 1));
        Run(model, b, Options(max: 1));
        Assert.True(SpinWait.SpinUntil(() => model.Loaded.Prefixes!.Bytes == 8 * page, 10_000));
        Assert.Equal(5 * 64, Run(model, b, Options(max: 1)).Cached);
        Assert.Equal(3 * 64, Run(model, a, Options(max: 1)).Cached);
        Assert.True(SpinWait.SpinUntil(() => model.Loaded.Prefixes!.Bytes == 8 * page, 10_000));
        Assert.Equal(3 * 64, Run(model, b, Options(max: 1)).Cached);
        model.Loaded.Prefixes!.GiveBack();
        Assert.True(SpinWait.SpinUntil(() => model.Loaded.Prefixes!.Bytes == 0, 10_000));
        Assert.Equal(0, Run(model, b, Options(max: 1)).Cached);
        model.Close();

        OpenModel none = OpenRandom(new ModelOptions(1) { PromptCacheBytes = 0 });
        Run(none, a, Options());
        Assert.True(SpinWait.SpinUntil(() => none.Loaded.Prefixes!.Bytes == 0, 10_000));
        none.Close();
    }

    /// <summary>Jobs that end in the middle of a prompt leave those who wait for it what they have, and nobody waits for ever.</summary>
    [Fact]
    public void WhoWaitsForACancelledJobGoesOnByItself()
    {
        OpenModel model = OpenRandom(new ModelOptions(1));
        for (int round = 0; round < 20; round++)
        {
            uint[] prompt = Ids(model, 1500, 100 + round);
            Outcome expected = Run(model, prompt, Options(cache: false));
            TestReader[] readers = [new(), new(), new()];
            Job[] jobs = [.. readers.Select(reader => model.Generate(prompt, Options(), TestReader.Notify, reader.User))];
            Thread.SpinWait(round * 20_000);
            jobs[0].Cancel();
            jobs[1].Cancel();
            for (int i = 0; i < jobs.Length; i++)
            {
                readers[i].Finish(jobs[i]);
            }
            Assert.Equal(expected, Outcome.Of(readers[2]) with { Cached = 0 });
            Array.ForEach(readers, reader => reader.Dispose());
        }
        model.Close();
    }

    /// <summary>What an adapter has changed is for texts that want it as strong.</summary>
    [GoldenFact]
    public void AdaptersHaveBeginningsOfTheirOwn()
    {
        GoldenModel golden = GoldenIndex.All().First(golden => golden.Adapter != null);
        var options = new ModelOptions(2) { Adapters = new AdapterPaths(new AdapterPath(golden.Adapter!, 1)) };
        var model = new OpenModel(LoadedModels.LeasePath(golden.Path, options), vocabOnly: false);
        uint[] prompt = Ids(model, 130, 1);
        foreach (float[]? scales in new[] { null, [0f], [0.5f], new[] { 1f } })
        {
            Outcome expected = Run(model, prompt, Options(cache: false, scales: scales));
            // 1 is what it was opened with.
            Assert.Equal(expected with { Cached = scales is [1f] ? 128 : 0 }, Run(model, prompt, Options(scales: scales)));
            Assert.Equal(expected with { Cached = 128 }, Run(model, prompt, Options(scales: scales)));
        }
        model.Close();
    }
}
