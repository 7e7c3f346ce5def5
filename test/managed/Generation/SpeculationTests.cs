using Realm.Generation;
using Realm.Runtime;
using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Guessed tokens save passes and change nothing else.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class SpeculationTests : IDisposable
{
    private const string List = "The capital of France is Paris.\nThe capital of Canada is Ottawa.\nThe capital of France is Paris.\nThe capital of Canada is Ottawa.\nThe capital";

    private readonly OpenModel _model = TestReader.OpenTinyAtlas();

    public void Dispose() => _model.Close();

    /// <summary>What a generation gave.</summary>
    private sealed record Outcome(string Tokens, string Text, FinishReason Reason, string? Failure)
    {
        public static Outcome Of(TestReader reader) => new(string.Join(' ', reader.Tokens), reader.Text.ToString(), reader.End.Reason, reader.State.Failure?.Message);
    }

    /// <summary>Rows that cost nothing: drafts whenever there is a guess at all.</summary>
    private static PassCosts Free
    {
        get
        {
            var costs = new PassCosts();
            for (int i = 0; i < 100; i++)
            {
                Note(costs, 1, 1, 1, 1);
            }
            return costs;
        }
    }

    private static void Note(PassCosts costs, params double[] milliseconds)
    {
        for (int i = 0; i < milliseconds.Length; i++)
        {
            costs.Note(1 << (i == 0 ? 0 : i + 1), (long)(milliseconds[i] * 1e6));
        }
    }

    /// <summary>Runs a job as the scheduler would, and counts its passes.</summary>
    private (Outcome Outcome, int Passes, JobEnd End) ByHand(uint[] prompt, GenerationOptions options, PassCosts costs) =>
        ByHand(_model, prompt, options, costs);

    private static (Outcome Outcome, int Passes, JobEnd End) ByHand(
        OpenModel model, uint[] prompt, GenerationOptions options, PassCosts costs)
    {
        using var reader = new TestReader();
        using Batch batch = model.Loaded.Model.NewBatch();
        using var scratch = new SamplerScratch(model.Loaded.Model.Config.VocabSize);
        // Each computes its prompt, so that passes can be counted.
        var job = new GenerationJob(model, Prompt.OfIds(prompt, model.Loaded.Model.Config), options with { CachePrompt = false }, null, null, costs);
        job.Begin(model.Loaded.Model);
        int passes = 0;
        while (!job.IsFinished)
        {
            batch.Clear();
            job.Feed(batch, job.IsDecoding ? 1 + job.Extra(1, 100) : Math.Min(job.Wanted, batch.Capacity));
            Assert.True(model.Loaded.Model.Forward(batch));
            passes++;
            job.Take(batch, scratch);
            job.Settle();
            reader.Drain(job);
        }
        job.Release();
        Assert.True(reader.State.Done);
        return (Outcome.Of(reader), passes, reader.End);
    }

    public static TheoryData<float, int, float, float, float> Samplers => new()
    {
        { 0, 0, 1, 0, 1 },
        { 0, 0, 1, 0, 1.3f },
        { 0.7f, 40, 0.95f, 0.05f, 1 },
        { 1.5f, 0, 0.9f, 0, 1.1f },
        { 3, 0, 1, 0, 1 },
        { 1, 0, 1, 0.1f, 1 },
    };

    [Theory]
    [MemberData(nameof(Samplers))]
    public void TheResultIsTheSame(float temperature, int topK, float topP, float minP, float repeatPenalty)
    {
        int context = _model.Loaded.Model.Config.ContextLength;
        uint[] list = TestReader.Ids(_model, List), full = [.. Enumerable.Repeat(list, 30).SelectMany(ids => ids).Take(context - 30)];
        long drafted = 0, accepted = 0;
        for (ulong seed = 0; seed < 12; seed++)
        {
            var sampling = new SamplingOptions(temperature, topK, topP, minP, repeatPenalty, seed);
            // To the end of the context, to a limit, to the model's own end, to a stop string.
            (uint[] Prompt, GenerationOptions Options)[] cases =
            [
                (full, new GenerationOptions { Sampling = sampling, MaxTokens = 1000, IgnoreEos = true }),
                (list, new GenerationOptions { Sampling = sampling, MaxTokens = 7 + (int)seed, IgnoreEos = true }),
                (list, new GenerationOptions { Sampling = sampling, MaxTokens = 60, IgnoreEos = false }),
                (list, new GenerationOptions { Sampling = sampling, MaxTokens = 60, IgnoreEos = true, Stops = ["is Ot"u8.ToArray(), "e"u8.ToArray()] }),
            ];
            foreach ((uint[] prompt, GenerationOptions options) in cases)
            {
                (Outcome plain, int plainPasses, JobEnd plainState) = ByHand(prompt, options with { Speculation = false }, Free);
                (Outcome quick, int passes, JobEnd state) = ByHand(prompt, options, Free);
                Assert.Equal(plain, quick);
                Assert.Equal((0L, 0L), (plainState.Figures.DraftedTokens, plainState.Figures.AcceptedTokens));
                Assert.InRange(state.Figures.AcceptedTokens, 0, state.Figures.DraftedTokens);
                // The token that ends a generation may have been guessed: there was no pass to save after it.
                Assert.InRange(plainPasses - state.Figures.AcceptedTokens, passes - 1, passes);
                drafted += state.Figures.DraftedTokens;
                accepted += state.Figures.AcceptedTokens;
            }
        }
        // Both ways out are taken: guesses that were right (unless chance rules), and guesses that were wrong.
        Assert.True((accepted > 0 || temperature == 3) && drafted > accepted, $"{accepted} of {drafted} guesses were right");
    }

    /// <summary>A state that cannot be cut back is never led by guesses that may be wrong: here they mostly are.</summary>
    [GoldenFact]
    public void ARecurrentStateIsNotLedByGuesses()
    {
        string file = Path.Combine(Golden.Folder!, "archs", "mamba-dense.gguf");
        var model = new OpenModel(LoadedModels.LeasePath(file, new ModelOptions(1)), vocabOnly: false);
        uint[] prompt = [.. Enumerable.Repeat(new uint[] { 5, 6, 7, 8, 9 }, 6).SelectMany(ids => ids)];
        var options = new GenerationOptions
        {
            // Few tokens to choose from: what was said before comes again, and goes on otherwise.
            Sampling = new SamplingOptions(1, TopK: 2, Seed: 3) with { LogitBias = [(5, 1000), (6, 1000)] },
            MaxTokens = 60,
            IgnoreEos = true,
        };
        (Outcome quick, _, JobEnd end) = ByHand(model, prompt, options, Free);
        (Outcome plain, _, _) = ByHand(model, prompt, options with { Speculation = false }, Free);
        Assert.Null(quick.Failure);
        Assert.Equal(plain, quick);
        Assert.Equal(0, end.Figures.DraftedTokens);
        model.Close();
    }

    [Fact]
    public void SavesPassesWhereTextRepeatsItself()
    {
        (Outcome outcome, int passes, JobEnd state) = ByHand(TestReader.Ids(_model, List), TestReader.Options(200, ignoreEos: true), Free);
        int tokens = outcome.Tokens.Split(' ').Length;
        Assert.Equal(200, tokens);
        Assert.True(passes < 60, $"{passes} passes for {tokens} tokens, {state.Figures.AcceptedTokens} of {state.Figures.DraftedTokens} guesses were right");
        Assert.Equal(200 - state.Figures.AcceptedTokens, passes);
    }

    /// <summary>Through the scheduler, several at a time, with what it measures itself; some are cancelled in the middle.</summary>
    [Fact]
    public void JobsTogetherAndCancelled()
    {
        uint[] list = TestReader.Ids(_model, List);
        GenerationOptions Options(int i) => TestReader.Options(150 + i, i % 3 * 0.5f, (ulong)i, ignoreEos: true);
        Outcome[] plain = [.. Enumerable.Range(0, 8).Select(i => ByHand(list, Options(i) with { Speculation = false }, Free).Outcome)];
        for (int together = 1; together <= 8; together += 7)
        {
            for (int first = 0; first < 8; first += together)
            {
                TestReader[] readers = [.. Enumerable.Range(0, together).Select(_ => new TestReader())];
                Job[] jobs = [.. readers.Select((reader, i) => _model.Generate(list, Options(first + i), TestReader.Notify, reader.User))];
                for (int i = 0; i < 5; i++)
                {
                    using var cancelled = new TestReader();
                    Job job = _model.Generate(list, Options(i), TestReader.Notify, cancelled.User);
                    cancelled.AwaitNews();
                    job.Cancel();
                    cancelled.Finish(job);
                    Assert.StartsWith(string.Join(' ', cancelled.Tokens), plain[i].Tokens);
                }
                for (int i = 0; i < together; i++)
                {
                    readers[i].Finish(jobs[i]);
                    Assert.Equal(plain[first + i], Outcome.Of(readers[i]));
                    readers[i].Dispose();
                }
            }
        }
    }

    /// <summary>A pass broken off leaves the sequence as it was, drafts or not.</summary>
    [Fact]
    public void ABrokenPassIsDoneAgain()
    {
        uint[] list = TestReader.Ids(_model, List);
        GenerationOptions options = TestReader.Options(60, ignoreEos: true);
        using var reader = new TestReader();
        using Batch batch = _model.Loaded.Model.NewBatch();
        using var scratch = new SamplerScratch(_model.Loaded.Model.Config.VocabSize);
        var job = new GenerationJob(_model, Prompt.OfIds(list, _model.Loaded.Model.Config), options, null, null, Free);
        job.Begin(_model.Loaded.Model);
        for (int i = 0; !job.IsFinished; i++)
        {
            batch.Clear();
            job.Feed(batch, job.IsDecoding ? 1 + job.Extra(1, 100) : Math.Min(job.Wanted, 100));
            batch.Cancel = i % 2 == 0;
            if (_model.Loaded.Model.Forward(batch))
            {
                job.Take(batch, scratch);
                job.Settle();
            }
        }
        reader.Drain(job);
        job.Release();
        Assert.True(reader.End.Figures.AcceptedTokens > 0);
        Assert.Equal(ByHand(list, options with { Speculation = false }, Free).Outcome, Outcome.Of(reader));
    }
}
