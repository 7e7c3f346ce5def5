using System.Text;
using Realm.Generation;
using Realm.Runtime;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Generating with the embedded model.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class GenerationTests : IDisposable
{
    private const string Prompt = "The capital of France is";

    private readonly OpenModel _model = TestReader.OpenTinyAtlas();

    public void Dispose() => _model.Close();

    [Fact]
    public void Paris()
    {
        using TestReader reader = TestReader.Run(_model, Prompt, TestReader.Options(16));
        Assert.Equal(" Paris.", reader.Text.ToString());
        Assert.Equal(FinishReason.Stop, reader.End.Reason);
        Assert.Null(reader.State.Failure);
        Assert.Equal(6, reader.End.Figures.PromptTokens);
        // The end-of-generation token is among the tokens, not in the text.
        Assert.Equal(Networks.Greedy(_model.Loaded.Model, [.. TestReader.Ids(_model, Prompt).Select(id => (int)id)], reader.Tokens.Count), reader.Tokens);
        Assert.True(_model.RequireTokenizer().IsEndOfGeneration(reader.Tokens[^1]));
    }

    [Fact]
    public void EndsAtMaxTokens()
    {
        using TestReader reader = TestReader.Run(_model, Prompt, TestReader.Options(1));
        Assert.Single(reader.Tokens);
        Assert.Equal(FinishReason.Length, reader.End.Reason);
        using TestReader none = TestReader.Run(_model, Prompt, TestReader.Options(0));
        Assert.Empty(none.Tokens);
        Assert.Equal(FinishReason.Length, none.End.Reason);
    }

    [Fact]
    public void EndsBeforeAStopString()
    {
        using TestReader reader = TestReader.Run(_model, Prompt, TestReader.Options(16, stops: "is."));
        Assert.Equal(" Par", reader.Text.ToString());
        Assert.Equal(FinishReason.Stop, reader.End.Reason);
    }

    [Fact]
    public void EndsBeforeAStopToken()
    {
        int[] tokens = [.. TestReader.Run(_model, Prompt, TestReader.Options(16)).Tokens];      // " Par", "is", ".", the end
        for (int i = 0; i < tokens.Length; i++)
        {
            using TestReader reader = TestReader.Run(_model, Prompt, TestReader.Options(16, ignoreEos: true) with { StopIds = [5, tokens[i]] });
            Assert.Equal(Encoding.UTF8.GetString(_model.RequireTokenizer().Decode(tokens[..i], skipSpecial: true)), reader.Text.ToString());
            Assert.Equal(FinishReason.Stop, reader.End.Reason);
            // As an end-of-generation token, it is among those chosen.
            Assert.Equal(tokens[..(i + 1)], reader.Tokens);
        }
    }

    /// <summary>A special token is no text, yet may be named as a stop string; so may what it stands in.</summary>
    [Theory]
    [InlineData("<|endoftext|>", " Paris.")]
    [InlineData("s.<|endoftext|>", " Pari")]
    public void EndsBeforeASpecialToken(string stop, string expected)
    {
        using TestReader reader = TestReader.Run(_model, Prompt, TestReader.Options(40, ignoreEos: true, stops: stop));
        Assert.Equal(expected, reader.Text.ToString());
        Assert.Equal(FinishReason.Stop, reader.End.Reason);
    }

    [Fact]
    public void GoesOnAfterTheEndIfAsked()
    {
        using TestReader reader = TestReader.Run(_model, Prompt, TestReader.Options(40, ignoreEos: true));
        Assert.Equal(40, reader.Tokens.Count);
        Assert.Equal(FinishReason.Length, reader.End.Reason);
        Assert.StartsWith(" Paris.", reader.Text.ToString());
        Assert.DoesNotContain("<|", reader.Text.ToString());
    }

    [Fact]
    public void EndsWhenTheContextIsFull()
    {
        int context = _model.Loaded.Model.Config.ContextLength;
        uint[] prompt = [.. Enumerable.Repeat(285u, context - 3)];
        using var reader = new TestReader();
        reader.Finish(_model.Generate(prompt, TestReader.Options(100, ignoreEos: true), TestReader.Notify, reader.User));
        Assert.Equal(FinishReason.Length, reader.End.Reason);
        Assert.Equal(3, reader.Tokens.Count);
    }

    [Fact]
    public void RefusesWhatCannotRun()
    {
        int context = _model.Loaded.Model.Config.ContextLength;
        int vocabulary = _model.Loaded.Model.Config.VocabSize;
        RealmException Refused(uint[] prompt) => Assert.Throws<RealmException>(() => _model.Generate(prompt, TestReader.Options(1), null, null));

        Assert.Equal(ErrorCode.InvalidArgument, Refused([]).Code);
        RealmException full = Refused(new uint[context + 1]);
        Assert.Equal((ErrorCode.ContextFull, $"the prompt has {context + 1} tokens, the model's context holds {context}"), (full.Code, full.Message));
        RealmException token = Refused([1, (uint)vocabulary]);
        Assert.Equal((ErrorCode.InvalidToken, $"token {vocabulary} at index 1 is not in the vocabulary of {vocabulary}"), (token.Code, token.Message));
        Assert.Equal(ErrorCode.InvalidToken, Refused([uint.MaxValue]).Code);

        var vocabOnly = new OpenModel(LoadedModels.LeasePath(Golden.TinyAtlas, new ModelOptions(1)), vocabOnly: true);
        Assert.Contains("vocabOnly", Assert.Throws<RealmException>(() => vocabOnly.Generate([1], TestReader.Options(1), null, null)).Message);
        vocabOnly.Close();
        Assert.Equal(ErrorCode.ModelClosed, Assert.Throws<RealmException>(() => vocabOnly.Generate([1], TestReader.Options(1), null, null)).Code);
    }

    /// <summary>What else the engine computes at the same time changes nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void JobsTogetherGiveWhatTheyGiveAlone(int threads)
    {
        OpenModel model = TestReader.OpenTinyAtlas(new ModelOptions(threads));
        try
        {
            JobsTogether(model);
        }
        finally
        {
            model.Close();
        }
    }

    private static void JobsTogether(OpenModel model)
    {
        string[] prompts = [Prompt, "The currency of Brazil is", "Tell me about Kenya.", "<|im_start|>user\nWhat is the capital of Canada?<|im_end|>\n<|im_start|>assistant\n"];
        GenerationOptions[] options = [.. Enumerable.Range(0, 12).Select(i => TestReader.Options(20 + i, i % 3 * 0.8f, (ulong)i, ignoreEos: i % 2 == 0))];
        var alone = new List<TestReader>();
        for (int i = 0; i < options.Length; i++)
        {
            alone.Add(TestReader.Run(model, prompts[i % prompts.Length], options[i]));
        }
        TestReader[] together = [.. options.Select(_ => new TestReader())];
        Job[] jobs = [.. options.Select((o, i) => model.Generate(TestReader.Ids(model, prompts[i % prompts.Length]), o, TestReader.Notify, together[i].User))];
        uint[] ids = TestReader.Ids(model, string.Concat(Enumerable.Repeat(Prompt + ". ", 12)));
        var logits = new float[ids.Length * model.Loaded.Model.Config.VocabSize];
        using var logitsReader = new TestReader();
        fixed (float* p = logits)
        {
            logitsReader.Finish(model.Logits(ids, new LogitsOptions(), p, (ulong)logits.Length, TestReader.Notify, logitsReader.User));
        }
        for (int i = 0; i < jobs.Length; i++)
        {
            together[i].Finish(jobs[i]);
            Assert.Null(together[i].State.Failure);
            Assert.Equal(alone[i].Tokens, together[i].Tokens);
            Assert.Equal(alone[i].Text.ToString(), together[i].Text.ToString());
            Assert.Equal(alone[i].End.Reason, together[i].End.Reason);
        }
        Assert.True(alone.Select(reader => reader.Text.ToString()).Distinct().Count() > 4, "the texts should differ between jobs");
        Assert.Equal(Networks.Logits(model.Loaded.Model, [.. ids.Select(id => (int)id)], 7), logits);
    }

    [Fact]
    public void MoreJobsThanRunAtOnce()
    {
        TestReader[] readers = [.. Enumerable.Range(0, 150).Select(_ => new TestReader())];
        Job[] jobs = [.. readers.Select(reader => _model.Generate(TestReader.Ids(_model, Prompt), TestReader.Options(4), TestReader.Notify, reader.User))];
        for (int i = 0; i < jobs.Length; i++)
        {
            readers[i].Finish(jobs[i]);
            Assert.Equal(" Paris.", readers[i].Text.ToString());
        }
    }

    [Fact]
    public void LogitsOfEveryPosition()
    {
        int vocabulary = _model.Loaded.Model.Config.VocabSize;
        uint[] ids = TestReader.Ids(_model, Prompt);
        var logits = new float[ids.Length * vocabulary];
        using var reader = new TestReader();
        fixed (float* p = logits)
        {
            Job job = _model.Logits(ids, new LogitsOptions(), p, (ulong)logits.Length, TestReader.Notify, reader.User);
            reader.Finish(job);
            Assert.Null(reader.State.Failure);
            RealmException wrong = Assert.Throws<RealmException>(() => _model.Logits(ids, new LogitsOptions(), null, (ulong)logits.Length - 1, null, null));
            Assert.Equal(ErrorCode.InvalidArgument, wrong.Code);
            Assert.Contains($"{logits.Length - 1}", wrong.Message);
        }
        Assert.Equal(Networks.Logits(_model.Loaded.Model, [.. ids.Select(id => (int)id)], ids.Length), logits);
    }

    [Fact]
    public void EveryTokenIsThereAsSoonAsItIsChosen()
    {
        using var reader = new TestReader();
        var counts = new List<int>();
        ReadInNotify(reader, TestReader.Options(50, ignoreEos: true), job =>
        {
            bool done = reader.Drain(job);
            counts.Add(reader.Tokens.Count);
            return done;
        });
        Assert.Equal([.. Enumerable.Range(1, 50), 50], counts);     // the last news is the end
        Assert.Equal(Encoding.UTF8.GetString(_model.RequireTokenizer().Decode([.. reader.Tokens], skipSpecial: true)), reader.Text.ToString());
    }

    /// <summary>From the second token on, the engine's thread allocates no managed memory.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.8f)]
    public void NothingIsAllocatedAToken(float temperature)
    {
        using var reader = new TestReader();
        var text = new byte[4096];
        var tokens = new TokenRecord[256];
        var allocated = new long[121];
        int read = 0;
        ReadInNotify(reader, TestReader.Options(120, temperature, ignoreEos: true), job =>
        {
            JobState state = job.Read(text, tokens, default);
            read += state.TokenCount;
            allocated[read] = reader.Allocated;
            return state.Done;
        });
        Assert.Equal(120, read);
        // What the runtime makes once (a thread that waits for the first time has an event made for it) comes at a token or two.
        Assert.InRange(Enumerable.Range(3, 117).Count(i => allocated[i] != allocated[i - 1]), 0, 3);
    }

    /// <summary>Reads on the engine's own thread, so that it notifies with every token. (The shim may not: it would hold up the
    /// engine.)</summary>
    private void ReadInNotify(TestReader reader, GenerationOptions options, Func<Job, bool> read)
    {
        Job? job = null;
        using var done = new ManualResetEventSlim();
        reader.OnNotify = () =>
        {
            while (Volatile.Read(ref job) == null)
            {
                Thread.Yield();
            }
            if (read(job!))
            {
                done.Set();
            }
        };
        Volatile.Write(ref job, _model.Generate(TestReader.Ids(_model, Prompt), options, TestReader.Notify, reader.User));
        Assert.True(done.Wait(300_000), "the job did not end");
    }
}
