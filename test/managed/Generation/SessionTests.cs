using Realm.Generation;
using Realm.Runtime;
using Realm.Sampling;
using Realm.Tests.Conformance;
using Realm.Tests.Gguf;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Sessions go on where they stand, with the bits of a generation that is given the whole text.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class SessionTests : TemporaryFolder
{
    /// <summary>Tokens, and the bits of their log probabilities.</summary>
    private sealed record Outcome(string Tokens, long Prompt, string? Failure)
    {
        public uint[] Ids { get; init; } = [];

        public long Cached { get; init; }

        public static Outcome Of(TestReader reader) => new(
            string.Join(' ', reader.Records.Select(record => $"{record.Id}:{BitConverter.SingleToInt32Bits(record.LogProbability):x}")),
            reader.End.Figures.PromptTokens,
            reader.State.Failure?.Message)
        {
            Ids = [.. reader.Tokens.Select(token => (uint)token)],
            Cached = reader.End.Figures.CachedTokens,
        };

        public bool Equals(Outcome? other) => other != null && (Tokens, Prompt, Failure) == (other.Tokens, other.Prompt, other.Failure);

        public override int GetHashCode() => Tokens.GetHashCode(StringComparison.Ordinal);
    }

    private static GenerationOptions Options(int max = 10, bool cache = true, float[]? scales = null) => new()
    {
        Sampling = new SamplingOptions(0.8f, Seed: 7),
        MaxTokens = max,
        IgnoreEos = true,
        LogProbabilities = true,
        CachePrompt = cache,
        AdapterScales = scales,
    };

    private static Outcome Whole(OpenModel model, uint[] prompt, GenerationOptions? options = null)
    {
        using var reader = new TestReader();
        reader.Finish(model.Generate(prompt, (options ?? Options()) with { CachePrompt = false }, TestReader.Notify, reader.User));
        return Outcome.Of(reader);
    }

    private static Outcome GoOn(OpenSession session, uint[] ids, GenerationOptions? options = null, bool isWhole = false)
    {
        using var reader = new TestReader();
        reader.Finish(session.Generate(ids, isWhole, options ?? Options(), TestReader.Notify, reader.User));
        return Outcome.Of(reader);
    }

    private static void Await(Func<TestReader, Job> start, string? failure = null)
    {
        using var reader = new TestReader();
        reader.Finish(start(reader));
        Assert.Equal(failure, reader.State.Failure?.Message);
    }

    private static void Save(OpenSession session, string path) => Await(reader => SessionFileJob.Save(session, path, TestReader.Notify, reader.User));

    private static void Restore(OpenSession session, string path, string? failure = null) =>
        Await(reader => SessionFileJob.Restore(session, path, TestReader.Notify, reader.User), failure);

    private static uint[] Ids(OpenModel model, int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(3, model.Loaded.Model.Config.VocabSize))];
    }

    private static OpenModel OpenRandom(int context, int threads = 1, long? cacheBytes = null, int seed = 1)
    {
        byte[] bytes = RandomModel.Llama(32, 2, 4, 2, 8, 48, 128, context, seed).ToArray();
        fixed (byte* start = bytes)
        {
            return new OpenModel(LoadedModels.LeaseBytes(start, bytes.Length, new ModelOptions(threads) { PromptCacheBytes = cacheBytes }), vocabOnly: false);
        }
    }

    /// <summary>All architectures: what they remember is cut, copied, written and read, or computed again.</summary>
    [GoldenTheory]
    [InlineData(1, true)]
    [InlineData(3, false)]
    public void GivesTheSameBitsForEveryArchitecture(int threads, bool cache)
    {
        int models = 0, seen = 0;
        foreach (GoldenModel golden in GoldenIndex.All().Where(golden => golden is { Folder: "archs", SeesAll: false, Logits: not null }))
        {
            var model = new OpenModel(LoadedModels.LeasePath(golden.Path, new ModelOptions(threads)), vocabOnly: false);
            // With threads those that have something of their own, and some of the others.
            bool isChosen = threads == 1 || model.Loaded.Prefixes?.Plan.FixedFloats > 0 || seen++ % 5 == 0;
            if (isChosen && model.Loaded.Model.Config.ContextLength >= 288 && !model.Loaded.Model.ReadsWholeTexts)
            {
                models++;
                Compare(model, golden.Id, cache);
            }
            model.Close();
        }
        Assert.True(models >= (threads == 1 ? 100 : 30), $"{models} models");
    }

    private void Compare(OpenModel model, string name, bool cache)
    {
        uint[] first = Ids(model, 90, 1), second = Ids(model, 20, 2), third = Ids(model, 3, 3);
        var session = new OpenSession(model, new SessionOptions());
        List<uint> text = [];
        void Check(OpenSession session, uint[] ids, string what)
        {
            text.AddRange(ids);
            Outcome expected = Whole(model, [.. text]), outcome = GoOn(session, ids, Options(cache: cache));
            Assert.Equal((name, what, expected), (name, what, outcome));
            text.AddRange(outcome.Ids);
            Assert.Equal(text, session.Ids.Select(id => (uint)id));
        }

        Check(session, first, "the first");
        Check(session, second, "the next");
        Check(session, [], "nothing new");
        uint[] before = [.. text];
        OpenSession fork = session.Fork();
        string file = PathOf("session");
        Save(session, file);
        Check(session, third, "after a fork");
        text = [.. before];
        Check(fork, third, "the fork");
        var restored = new OpenSession(model, new SessionOptions());
        Restore(restored, file);
        text = [.. before];
        Check(restored, third, "restored");
        foreach (int length in new[] { 100, 64, 70, 0 })
        {
            session.Rewind(length);
            text = [.. before[..length]];
            Check(session, second, $"rewound to {length}");
            before = [.. text];
        }
        text = [.. before[..15], .. first];
        Assert.Equal((name, Whole(model, [.. text])), (name, GoOn(session, [.. text], Options(cache: cache), isWhole: true)));
    }

    [Fact]
    public void AForkTakesNoMoreThanWhatItAdds()
    {
        OpenModel model = OpenRandom(2048);
        var session = new OpenSession(model, new SessionOptions());
        GoOn(session, Ids(model, 1500, 1), Options(max: 1));
        OpenSession[] forks = [.. Enumerable.Range(0, 64).Select(_ => session.Fork())];
        for (int i = 0; i < forks.Length; i++)
        {
            GoOn(forks[i], [(uint)i + 3], Options(max: 8, cache: false));
        }
        // 23 full pages of the prefix are everybody's, what they began and what they add is their own.
        HashSet<nint> pages = [];
        int all = 0;
        foreach (OpenSession fork in forks)
        {
            Session held = fork.TakeOut()!;
            for (int page = 0; page * 64 < held.Length; page++, all++)
            {
                pages.Add((nint)held.State.Page(page));
            }
            held.Dispose();
        }
        Assert.Equal(64 * 24, all);
        Assert.InRange(pages.Count, 64, 23 + 64);
        model.Close();
    }

    /// <summary>A full context: the first tokens and the last ones are gone on with, as if they had been the prompt.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ShiftsItsContext(bool isRecurrent)
    {
        if (isRecurrent && Golden.Folder == null)
        {
            return;
        }
        OpenModel model = isRecurrent
            ? new OpenModel(LoadedModels.LeasePath(Path.Combine(Golden.Folder!, "archs", "falcon-h1-dense.gguf"), new ModelOptions(2)), vocabOnly: false)
            : OpenRandom(288);
        int context = model.Loaded.Model.Config.ContextLength;
        var session = new OpenSession(model, new SessionOptions { Shift = new ContextShift(4, 100) });
        uint[] prompt = Ids(model, context - 20, 1);
        GenerationOptions greedy = Options() with { Sampling = new SamplingOptions(0) };
        Outcome whole = GoOn(session, prompt, greedy with { MaxTokens = 300 });
        Assert.Equal((null, 300), (whole.Failure, whole.Ids.Length));
        // The context fills with the 20 tokens behind the prompt.
        List<uint> text = [.. prompt];
        List<uint> tokens = [];
        while (tokens.Count < 300)
        {
            Outcome part = Whole(model, [.. text], greedy with { MaxTokens = Math.Min(300 - tokens.Count, context - text.Count) });
            tokens.AddRange(part.Ids);
            text.AddRange(part.Ids);
            if (text.Count == context && tokens.Count < 300)
            {
                text = [.. text[..4], .. text[^100..]];
            }
        }
        Assert.Equal(tokens, whole.Ids);
        Assert.Equal(text, session.Ids.Select(id => (uint)id));
        // A prompt that is too long is shortened too.
        uint[] longer = Ids(model, context + 5, 2);
        Assert.Null(GoOn(session, longer, Options(max: 1)).Failure);
        Assert.Equal(105, session.Ids.Length);
        model.Close();
    }

    [Fact]
    public void AFailureLeavesItAsItWasAndACancellationWhatWasSaid()
    {
        OpenModel model = OpenRandom(2048);
        var session = new OpenSession(model, new SessionOptions());
        uint[] prompt = Ids(model, 100, 1);
        GoOn(session, prompt, Options(max: 5));
        int[] before = session.Ids;
        for (int i = 0; i < 10; i++)
        {
            using var reader = new TestReader();
            GenerationJob job = session.Generate(Ids(model, 900, 2), isWhole: false, Options(max: 1500) with { Timeout = 1 + i }, TestReader.Notify, reader.User);
            reader.Finish(job);
            Assert.Equal("the time given for the generation is over", reader.State.Failure?.Message);
            Assert.Equal(before, session.Ids);
        }
        uint[] next = [5, 6, 7];
        uint[] text = [.. before.Select(id => (uint)id), .. next];
        Assert.Equal(Whole(model, text), GoOn(session, next));

        session.Rewind(before.Length);
        using var stopped = new TestReader();
        GenerationJob running = session.Generate(next, isWhole: false, Options(max: 1000), TestReader.Notify, stopped.User);
        stopped.AwaitNews();
        stopped.Drain(running);
        stopped.SlowDown(running);
        Assert.Equal(ErrorCode.Busy, Assert.Throws<RealmException>(() => session.Rewind(1)).Code);
        Assert.Equal(ErrorCode.Busy, Assert.Throws<RealmException>(() => session.Generate([1], false, Options(), null, null)).Code);
        OpenSession fork = session.Fork();
        Assert.Equal(before, fork.Ids);
        running.Cancel();
        stopped.Finish(running);
        Assert.Equal(FinishReason.Cancelled, stopped.End.Reason);
        // SlowDown throws away what it reads: the session has all of it.
        Assert.Equal(Whole(model, text), GoOn(fork, next));
        Assert.Equal(text, session.Ids.Take(text.Length).Select(id => (uint)id));
        Assert.InRange(session.Ids.Length, text.Length + 1, 2048);
        text = [.. session.Ids.Select(id => (uint)id)];
        Assert.Equal(Whole(model, text), GoOn(session, []));
        model.Close();
        Assert.Equal(ErrorCode.ModelClosed, Assert.Throws<RealmException>(() => session.Generate([1], false, Options(), null, null)).Code);
    }

    [Fact]
    public void IsClosedAtWork()
    {
        OpenModel model = OpenRandom(2048);
        for (int round = 0; round < 20; round++)
        {
            var session = new OpenSession(model, new SessionOptions());
            using var reader = new TestReader();
            GenerationJob job = session.Generate(Ids(model, 500, round), isWhole: false, Options(max: 1000), TestReader.Notify, reader.User);
            Thread.SpinWait(round * 10_000);
            session.Close();
            reader.Finish(job);
            Assert.Equal(FinishReason.Cancelled, reader.End.Reason);
            Assert.Equal("the session was closed", Assert.Throws<RealmException>(() => session.Ids).Message);
        }
        model.Close();
    }

    /// <summary>Every byte of a file that is wrong, and every length but its own, is noticed; the session stays what it was.</summary>
    [Fact]
    public void RefusesADamagedFile()
    {
        OpenModel model = OpenRandom(256);
        var session = new OpenSession(model, new SessionOptions());
        GoOn(session, Ids(model, 70, 1));
        string path = PathOf("session"), damaged = PathOf("damaged");
        Save(session, path);
        Assert.Equal(["session"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName));
        byte[] bytes = File.ReadAllBytes(path);
        var other = new OpenSession(model, new SessionOptions());
        GoOn(other, [5, 6, 7], Options(max: 1));
        int[] before = other.Ids;
        void Refuses(byte[] content, ErrorCode code)
        {
            File.WriteAllBytes(damaged, content);
            using var reader = new TestReader();
            reader.Finish(SessionFileJob.Restore(other, damaged, TestReader.Notify, reader.User));
            Assert.Equal(code, reader.State.Failure?.Code);
            Assert.Contains("damaged", reader.State.Failure!.Message);      // the file's name
            Assert.Equal(before, other.Ids);
        }

        foreach (int at in Enumerable.Range(0, 112 + 8).Concat([200, 400, 1000, bytes.Length / 2, bytes.Length - 17, bytes.Length - 1]))
        {
            foreach (byte change in new byte[] { 0x01, 0x80, 0xff })
            {
                byte[] wrong = [.. bytes];
                wrong[at] ^= change;
                Refuses(wrong, ErrorCode.SessionFile);
            }
        }
        foreach (int length in new[] { 0, 1, 50, 111, 112, 128, 500, bytes.Length - 1 })
        {
            Refuses(bytes[..length], ErrorCode.SessionFile);
        }
        Refuses([.. bytes, 0], ErrorCode.SessionFile);
        Restore(other, path);
        Assert.Equal(session.Ids, other.Ids);
        model.Close();
    }

    [Fact]
    public void RefusesAFileOfAnother()
    {
        OpenModel model = OpenRandom(256), another = OpenRandom(256, seed: 2);
        string path = PathOf("session"), shown = Realm.Gguf.Quoted.Path(path);
        var session = new OpenSession(model, new SessionOptions());
        GoOn(session, Ids(model, 70, 1));
        Save(session, path);
        Restore(new OpenSession(another, new SessionOptions()), path, $"{shown}: a session of another model");
        Restore(new OpenSession(model, new SessionOptions()), PathOf("none"), $"{Realm.Gguf.Quoted.Path(PathOf("none"))}: no such file");
        Await(reader => SessionFileJob.Save(session, PathOf("no/folder"), TestReader.Notify, reader.User),
            $"{Realm.Gguf.Quoted.Path(PathOf("no/folder"))}: the session cannot be written (no such folder)");
        Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
        model.Close();
        another.Close();
    }

    /// <summary>A session keeps its adapters' scales; a generation that wants others computes the text with those.</summary>
    [GoldenFact]
    public void AdaptersOfASession()
    {
        GoldenModel golden = GoldenIndex.All().First(golden => golden.Adapter != null);
        var options = new ModelOptions(2) { Adapters = new AdapterPaths(new AdapterPath(golden.Adapter!, 1)) };
        var model = new OpenModel(LoadedModels.LeasePath(golden.Path, options), vocabOnly: false);
        uint[] prompt = Ids(model, 80, 1);
        var session = new OpenSession(model, new SessionOptions { AdapterScales = [0.5f] });
        Outcome first = GoOn(session, prompt);
        Assert.Equal(Whole(model, prompt, Options(scales: [0.5f])), first);
        string path = PathOf("session");
        Save(session, path);
        uint[] text = [.. prompt, .. first.Ids];
        Restore(new OpenSession(model, new SessionOptions()), path,
            $"{Realm.Gguf.Quoted.Path(path)}: the session was written with other adapters, or other scales of them");
        var restored = new OpenSession(model, new SessionOptions { AdapterScales = [0.5f] });
        Restore(restored, path);
        Assert.Equal(Whole(model, text, Options(scales: [0.5f])), GoOn(restored, []));
        Assert.Equal(Whole(model, text, Options(scales: [0f])), GoOn(session, [], Options(scales: [0f])));
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<RealmException>(() => new OpenSession(model, new SessionOptions { AdapterScales = [1, 2] })).Code);
        model.Close();
    }
}
