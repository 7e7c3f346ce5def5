using System.Globalization;
using Realm.Generation;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Loads that are watched, and ended early.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class LoadingTests
{
    private static readonly ModelOptions _one = new(1);

    /// <summary>No longer wants the weights once a part of them is there.</summary>
    private sealed class Fickle : IPackingWatch
    {
        public List<(long Done, long Total)> Told { get; } = [];

        public bool IsUnwanted => Told.Count > 0;

        public void Packed(long done, long total) => Told.Add((done, total));
    }

    private sealed class Fixed(bool isUnwanted) : IPackingWatch
    {
        public bool IsUnwanted => isUnwanted;

        public int Told { get; private set; }

        public void Packed(long done, long total) => Told++;
    }

    [Fact]
    public void PackingEndsBetweenTwoPortions()
    {
        using ModelFile file = ModelFile.OpenPath(Golden.TinyAtlas);
        var watch = new Fickle();
        RealmException e = Assert.Throws<RealmException>(() => Model.Load(file, _one, [], watch, 0));
        Assert.Equal(ErrorCode.Cancelled, e.Code);
        (long done, long total) = Assert.Single(watch.Told);
        Assert.Equal(file.TensorBytes, total);
        Assert.InRange(done, 1, total - 1);
    }

    [Fact]
    public void WhoIsNotAloneWantsItForAll()
    {
        var watches = new PackingWatches();
        var patient = new Fixed(false);
        var impatient = new Fixed(true);
        using PackingWatches.Seat first = watches.Add(impatient);
        Assert.True(watches.IsUnwanted);
        using (watches.Add(patient))
        {
            Assert.False(watches.IsUnwanted);
            watches.Packed(1, 2);
        }
        Assert.True(watches.IsUnwanted);
        using PackingWatches.Seat always = watches.Add(null);
        Assert.False(watches.IsUnwanted);
        Assert.Equal((1, 1), (patient.Told, impatient.Told));
    }

    [Fact]
    public void ALoadTellsHowFarItIs()
    {
        using var reader = new TestReader();
        OpenModel? opened = null;
        reader.Finish(LoadJob.Start(() => LoadedModels.LeasePath(Golden.TinyAtlas, _one), new OpeningOptions { TellsProgress = true },
            model =>
            {
                opened = model;
                return 1;
            }, TestReader.Notify, reader.User));
        long total = opened!.Loaded.File.TensorBytes;
        long[][] lines = [.. reader.Text.ToString().TrimEnd().Split('\n').Select(line => line.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray())];
        Assert.All(lines, line => Assert.Equal(total, line[1]));
        Assert.Equal([0, total], lines[0]);
        Assert.Equal([total, total], lines[^1]);
        Assert.Equal(lines.Select(line => line[0]).Order().Distinct(), lines.Select(line => line[0]));
        opened.Close();
    }

    /// <summary>The next one gets what a load that was cancelled no longer wants, or packs it himself.</summary>
    [Fact]
    public void OthersWaitForTheSameWeights()
    {
        for (int i = 0; i < 20; i++)
        {
            OpenModel? opened = null;
            ulong Register(OpenModel model)
            {
                opened = model;
                return 1;
            }
            Job cancelled = LoadJob.Start(() => LoadedModels.LeasePath(Golden.TinyAtlas, _one), new OpeningOptions(), Register, null, null);
            using var reader = new TestReader();
            Job other = LoadJob.Start(() => LoadedModels.LeasePath(Golden.TinyAtlas, _one), new OpeningOptions(), Register, TestReader.Notify, reader.User);
            Thread.SpinWait(i * 2000);
            cancelled.Close();
            reader.Finish(other);
            Assert.Null(reader.State.Failure);
            opened!.Close();
        }
    }

    [Fact]
    public void AContextThatIsSmaller()
    {
        var model = new OpenModel(LoadedModels.LeasePath(Golden.TinyAtlas, _one), new OpeningOptions { ContextSize = 10 });
        OpenModel whole = TestReader.OpenTinyAtlas();
        Assert.Same(whole.Loaded, model.Loaded);
        GenerationOptions options = TestReader.Options(100, ignoreEos: true);
        using TestReader full = TestReader.Run(model, "The capital of France is", options);
        using TestReader same = TestReader.Run(whole, "The capital of France is", options with { MaxTokens = full.Tokens.Count });
        Assert.Equal(FinishReason.Length, full.End.Reason);
        Assert.Equal(10 - 6, full.Tokens.Count);
        Assert.Equal(same.Tokens, full.Tokens);
        RealmException e = Assert.Throws<RealmException>(() => model.Generate(new uint[11], options, null, null));
        Assert.Equal((ErrorCode.ContextFull, "the prompt has 11 tokens, the model's context holds 10"), (e.Code, e.Message));
        model.Close();
        whole.Close();
    }

    [Fact]
    public void AContextThatTheModelDoesNotHave()
    {
        LoadedModel loaded = LoadedModels.LeasePath(Golden.TinyAtlas, _one);
        RealmException e = Assert.Throws<RealmException>(() => new OpenModel(loaded, new OpeningOptions { ContextSize = 513 }));
        Assert.Equal((ErrorCode.InvalidArgument, "contextSize is 513; the model's context holds 512 positions"), (e.Code, e.Message));
    }

    [Fact]
    public void AContextThatDoesNotFit()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        Realm.State.StatePlan plan = model.Loaded.Model.State;
        long page = plan.PageBytes;
        new ContextMemory(plan, 1000).Require(512, 1000 + 8 * page);
        RealmException e = Assert.Throws<RealmException>(() => new ContextMemory(plan, 0).Require(512, 8 * page - 1));
        Assert.Equal(ErrorCode.OutOfMemory, e.Code);
        Assert.Equal("a text of 512 tokens takes 1 MiB; 0 MiB are available to this process: contextSize 448 would fit", e.Message);
        e = Assert.Throws<RealmException>(() => new ContextMemory(plan, 3 << 20).Require(512, 1 << 20));
        Assert.Equal(
            "the packed weights take 3 MiB and a text of 512 tokens takes 1 MiB; 1 MiB are available to this process: no contextSize would fit", e.Message);
        model.Close();
    }

    /// <summary>Memory that is not there for a text that grows is that text's end; others go on.</summary>
    [Fact]
    public void NoMemoryForAnotherPage()
    {
        OpenModel model = TestReader.OpenTinyAtlas(_one with { PromptCacheBytes = 0 });
        Realm.State.PageRoom room = model.Loaded.Model.State.Room;
        GenerationOptions options = TestReader.Options(20, ignoreEos: true);
        using TestReader before = TestReader.Run(model, "The capital of France is", options);
        long most = 1L << 40;
        room.Available = () => most;
        using var going = new TestReader();
        Job job = model.Generate(TestReader.Ids(model, "The capital of Italy is"), TestReader.Options(40, ignoreEos: true), TestReader.Notify, going.User);
        going.AwaitNews();
        most = 5 << 20;
        // So that the next page is asked for.
        room.AskNext();
        using TestReader failed = TestReader.Run(model, "The capital of France is", options);
        Assert.Equal(ErrorCode.OutOfMemory, failed.State.Failure?.Code);
        Assert.Equal(
            "what sequences remember needs 32 MiB more, and 5 MiB are available to this process",
            failed.State.Failure?.Message);
        going.Finish(job);
        Assert.Equal(FinishReason.Length, going.End.Reason);
        most = 1L << 40;
        using TestReader after = TestReader.Run(model, "The capital of France is", options);
        Assert.Equal(before.Tokens, after.Tokens);
        model.Close();
    }

    [Fact]
    public void AQueueHasAnEnd()
    {
        var model = new OpenModel(LoadedModels.LeasePath(Golden.TinyAtlas, _one), new OpeningOptions { MaxQueue = 2 });
        // Nobody reads them: they fill their mailboxes and stay.
        Job[] jobs = [.. Enumerable.Range(0, 66).Select(_ => model.Generate([1], TestReader.Options(100_000, ignoreEos: true), null, null))];
        RealmException e = Assert.Throws<RealmException>(() => model.Generate([1], TestReader.Options(1), null, null));
        Assert.Equal((ErrorCode.Busy, "64 calls are at work on the model and 2 wait: maxQueue is 2"), (e.Code, e.Message));
        jobs[65].Cancel();
        using var reader = new TestReader();
        Job next = model.Generate([1], TestReader.Options(1), TestReader.Notify, reader.User);
        Assert.Throws<RealmException>(() => model.Generate([1], TestReader.Options(1), null, null));
        foreach (Job job in jobs)
        {
            job.Cancel();
        }
        reader.Finish(next);
        Assert.Null(reader.State.Failure);
        model.Close();
    }
}
