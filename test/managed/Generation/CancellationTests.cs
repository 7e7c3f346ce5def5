using System.Diagnostics;
using Realm.Generation;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Ending jobs and models early.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class CancellationTests : Gguf.TemporaryFolder
{
    private const string Prompt = "The capital of France is";

    /// <summary>Starts a generation that would go on for a while, and waits for its first token.</summary>
    private static (TestReader Reader, Job Job) Running(OpenModel model)
    {
        var reader = new TestReader();
        Job job = model.Generate(TestReader.Ids(model, Prompt), TestReader.Options(100_000, ignoreEos: true), TestReader.Notify, reader.User);
        reader.AwaitNews();
        reader.Drain(job);
        reader.SlowDown(job);
        return (reader, job);
    }

    [Fact]
    public void CancelledJobKeepsItsText()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        (TestReader reader, Job job) = Running(model);
        job.Cancel();
        reader.Finish(job);
        Assert.Equal(FinishReason.Cancelled, reader.End.Reason);
        Assert.Null(reader.State.Failure);
        Assert.NotEmpty(reader.Tokens);
        job.Cancel();   // again: nothing happens
        model.Close();
    }

    /// <summary>Cancelling one job breaks off the pass; the others do theirs again, and no token is lost or doubled.</summary>
    [Fact]
    public void OtherJobsDoNotNotice()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        using TestReader alone = TestReader.Run(model, Prompt, TestReader.Options(150, 0.9f, 11, ignoreEos: true));
        using var reader = new TestReader();
        Job job = model.Generate(TestReader.Ids(model, Prompt), TestReader.Options(150, 0.9f, 11, ignoreEos: true), TestReader.Notify, reader.User);
        for (int i = 0; i < 40; i++)
        {
            Job other = model.Generate(TestReader.Ids(model, Prompt + Prompt), TestReader.Options(1000), null, null);
            Thread.SpinWait(i * 500);
            other.Close();
        }
        reader.Finish(job);
        Assert.Equal(alone.Tokens, reader.Tokens);
        model.Close();
    }

    /// <summary>A pass is broken off, not waited for: a job whose only pass is under way still ends as cancelled.</summary>
    [Fact]
    public void APassIsBrokenOff()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        var ids = new uint[model.Loaded.Model.Config.ContextLength];
        GenerationOptions one = TestReader.Options(1, ignoreEos: true) with { CachePrompt = false };
        TimeSpan whole = default;
        for (int i = 0; i < 3; i++)     // the last time counts: the first ones warm up
        {
            var clock = Stopwatch.StartNew();
            using var reader = new TestReader();
            reader.Finish(model.Generate(ids, one, TestReader.Notify, reader.User));
            whole = clock.Elapsed;
        }
        int cancelled = 0;
        // On a machine that does other things too, more of them come too late.
        for (int i = 0; i < 500 && cancelled < 5; i++)
        {
            using var reader = new TestReader();
            Job job = model.Generate(ids, one, TestReader.Notify, reader.User);
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < whole / 3)
            {
                Thread.SpinWait(10);
            }
            job.Cancel();
            reader.Finish(job);
            cancelled += reader.End.Reason == FinishReason.Cancelled ? 1 : 0;
        }
        Assert.True(cancelled > 4, $"{cancelled} of 500 jobs were cancelled in the middle of a pass of {whole.TotalMilliseconds:F0} ms");
        model.Close();
    }

    /// <summary>A pass may be through just when its job is closed: its logits go nowhere.</summary>
    [Fact]
    public void ResultsAfterCloseAreDropped()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        var logits = new float[2 * model.Loaded.Model.Config.VocabSize];
        fixed (float* p = logits)
        {
            var job = new LogitsJob(model, Realm.Generation.Prompt.OfIds([1, 2], model.Loaded.Model.Config), new LogitsOptions(), p, null, null);
            using Batch batch = model.Loaded.Model.NewBatch();
            job.Begin(model.Loaded.Model);
            job.Feed(batch, 2);
            Assert.True(model.Loaded.Model.Forward(batch));
            job.Close();
            job.Take(batch, null!);
            job.Release();
        }
        Assert.DoesNotContain(logits, logit => logit != 0);
        model.Close();
    }

    /// <summary>More than run at once: those that wait end at once, and break off nobody's pass.</summary>
    [Fact]
    public void AJobThatWaitsEndsAtOnce()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        TestReader[] readers = [.. Enumerable.Range(0, 66).Select(_ => new TestReader())];
        // Nobody reads them: they fill their mailboxes and stay.
        Job[] jobs = [.. readers.Select(reader => model.Generate([1], TestReader.Options(100_000, ignoreEos: true), null, null))];
        jobs[65].Cancel();
        Assert.True(jobs[65].IsFinished);
        readers[65].Drain(jobs[65]);
        Assert.Equal(FinishReason.Cancelled, readers[65].End.Reason);
        model.Close();
        foreach (Job job in jobs)
        {
            Assert.True(SpinWait.SpinUntil(() => job.IsFinished, 30_000));
        }
    }

    /// <summary>A deadline ends a job that waits, and one that runs.</summary>
    [Fact]
    public void TimeIsOver()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        GenerationOptions options = TestReader.Options(100_000, ignoreEos: true);
        Job[] full = [.. Enumerable.Range(0, 64).Select(_ => model.Generate([1], options, null, null))];
        using var reader = new TestReader();
        reader.Finish(model.Generate([1], options with { Timeout = 30 }, TestReader.Notify, reader.User));
        Assert.Equal((ErrorCode.Timeout, "the time given for the generation is over"), (reader.State.Failure?.Code, reader.State.Failure?.Message));
        Assert.Empty(reader.Tokens);
        foreach (Job job in full)
        {
            job.Cancel();
        }
        using var slow = new TestReader();
        Job running = model.Generate([1], options with { Timeout = 1000 }, TestReader.Notify, slow.User);
        slow.AwaitNews();
        slow.Drain(running);
        slow.SlowDown(running);
        slow.Finish(running);
        Assert.Equal(ErrorCode.Timeout, slow.State.Failure?.Code);
        Assert.NotEmpty(slow.Tokens);
        model.Close();
    }

    [Fact]
    public void LogitsAreCancelled()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        var ids = new uint[model.Loaded.Model.Config.ContextLength];
        var logits = new float[ids.Length * model.Loaded.Model.Config.VocabSize];
        fixed (float* p = logits)
        {
            using var reader = new TestReader();
            Job job = model.Logits(ids, new LogitsOptions(), p, (ulong)logits.Length, TestReader.Notify, reader.User);
            job.Cancel();
            reader.Finish(job);
            Assert.Equal(ErrorCode.Cancelled, reader.State.Failure?.Code);

            // Closed: from then on the memory is not touched.
            job = model.Logits(ids, new LogitsOptions(), p, (ulong)logits.Length, null, null);
            Thread.Sleep(5);
            job.Close();
            Array.Fill(logits, 7);
            Thread.Sleep(100);
            Assert.DoesNotContain(logits, logit => logit != 7);
        }
        model.Close();
    }

    [Fact]
    public void ClosingTheModelEndsItsJobsAndFreesIt()
    {
        var model = new OpenModel(LoadedModels.LeasePath(OwnAtlas(), new ModelOptions(1)), vocabOnly: false);
        (TestReader reader, Job job) = Running(model);
        model.Close();
        model.Close();
        reader.Finish(job);
        Assert.Equal(FinishReason.Cancelled, reader.End.Reason);
        var patience = Stopwatch.StartNew();
        while (!IsFreed(model.Loaded) && patience.Elapsed < TimeSpan.FromSeconds(60))
        {
            Thread.Sleep(1);
        }
        Assert.True(IsFreed(model.Loaded), "the file is still open");
        Assert.Equal(ErrorCode.ModelClosed, Assert.Throws<RealmException>(() => model.RequireTokenizer()).Code);
    }

    [Fact]
    public void WeightsAreSharedUntilTheLastOneCloses()
    {
        OpenModel first = TestReader.OpenTinyAtlas();
        OpenModel second = TestReader.OpenTinyAtlas();
        OpenModel other = TestReader.OpenTinyAtlas(new ModelOptions(1, Packed: false));
        Assert.Same(first.Loaded, second.Loaded);
        Assert.NotSame(first.Loaded, other.Loaded);
        other.Close();
        (TestReader reader, Job job) = Running(second);
        first.Close();      // ends none of second's jobs
        Assert.False(job.IsFinished);
        job.Close();
        second.Close();
        Assert.True(SpinWait.SpinUntil(() => IsFreed(first.Loaded), 10_000), "the file is still open");
    }

    [Fact]
    public void BytesAreSharedByContent()
    {
        byte[] bytes = File.ReadAllBytes(Golden.TinyAtlas);
        fixed (byte* p = bytes, q = (byte[])bytes.Clone())
        {
            LoadedModel a = LoadedModels.LeaseBytes(p, bytes.Length, new ModelOptions(1));
            LoadedModel b = LoadedModels.LeaseBytes(q, bytes.Length, new ModelOptions(1));
            Assert.Same(a, b);
            q[bytes.Length - 1] ^= 1;
            LoadedModel c = LoadedModels.LeaseBytes(q, bytes.Length, new ModelOptions(1));
            Assert.NotSame(a, c);
            a.Release();
            Assert.False(IsFreed(b));
            b.Release();
            Assert.True(IsFreed(b));
            c.Release();
        }
    }

    [Fact]
    public void ModelsComeAndGo()
    {
        // That memory stays flat is test/memory.test.js' to show: here other tests run in the same process.
        for (int i = 0; i < 25; i++)
        {
            OpenModel model = TestReader.OpenTinyAtlas();
            (TestReader reader, Job job) = Running(model);
            if (i % 2 == 0)
            {
                job.Close();
            }
            model.Close();
            Assert.True(SpinWait.SpinUntil(() => IsFreed(model.Loaded), 10_000), "the file is still open");
        }
    }

    [Fact]
    public void LoadingGivesAModelOrAReason()
    {
        OpenModel? opened = null;
        ulong Register(OpenModel model)
        {
            opened = model;
            return 77;
        }
        using var reader = new TestReader();
        reader.Finish(LoadJob.Start(() => LoadedModels.LeasePath(Golden.TinyAtlas, new ModelOptions(1)), new OpeningOptions(), Register, TestReader.Notify, reader.User));
        Assert.Equal(77UL, reader.State.Model);
        Assert.NotNull(opened);
        LoadedModel loaded = opened.Loaded;
        opened.Close();
        Assert.True(IsFreed(loaded));

        using var failed = new TestReader();
        failed.Finish(LoadJob.Start(() => LoadedModels.LeasePath("/nowhere/x.gguf", new ModelOptions(1)), new OpeningOptions(), Register, TestReader.Notify, failed.User));
        Assert.Equal(ErrorCode.Io, failed.State.Failure?.Code);
        Assert.Contains("/nowhere/x.gguf", failed.State.Failure?.Message);
    }

    [Fact]
    public void AModelThatNobodyTookIsFreed()
    {
        string path = OwnAtlas();
        LoadedModel? loaded = null;
        using var reader = new TestReader();
        Job job = LoadJob.Start(() => loaded = LoadedModels.LeasePath(path, new ModelOptions(1)), new OpeningOptions(), _ => 1, TestReader.Notify, reader.User);
        reader.AwaitNews();
        job.Close();
        Assert.True(IsFreed(loaded!));

        using var cancelled = new ManualResetEventSlim();
        LoadedModel Load()
        {
            cancelled.Wait();
            return loaded = LoadedModels.LeasePath(path, new ModelOptions(1));
        }
        job = LoadJob.Start(Load, new OpeningOptions(), _ => 1, null, null);
        job.Cancel();
        Assert.Equal(ErrorCode.Cancelled, job.Read(default, default, default).Failure?.Code);
        cancelled.Set();
        Assert.True(SpinWait.SpinUntil(() => EngineThreads.Join(Environment.TickCount64 + 5000), 60_000));
        Assert.True(SpinWait.SpinUntil(() => loaded is { } late && IsFreed(late), 60_000));
    }

    /// <summary>A file that is no other test's: a model of the same file is shared with the tests that run at the same time.</summary>
    private string OwnAtlas()
    {
        string path = PathOf("own.gguf");
        File.Copy(Golden.TinyAtlas, path);
        return path;
    }

    private static bool IsFreed(LoadedModel loaded)
    {
        try
        {
            return loaded.File == null;
        }
        catch (RealmException)
        {
            return true;
        }
    }
}
