using System.Runtime.InteropServices;
using System.Text;
using Realm.Generation;
using Realm.Runtime;
using Realm.Sampling;

namespace Realm.Tests.Generation;

/// <summary>Reads a job as the shim does: sleeps until notified, then takes all there is.</summary>
internal sealed unsafe class TestReader : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _news = new(0);
    private readonly GCHandle _self;

    public TestReader() => _self = GCHandle.Alloc(this);

    public StringBuilder Text { get; } = new();

    public List<int> Tokens { get; } = [];

    /// <summary>What came with them.</summary>
    public List<TokenRecord> Records { get; } = [];

    /// <summary>The likeliest tokens of all places.</summary>
    public List<TopToken> Tops { get; } = [];

    public JobState State { get; private set; }

    /// <summary>Once it is done.</summary>
    public JobEnd End { get; private set; }

    /// <summary>Times that notify was called.</summary>
    public int Notified;

    /// <summary>Bytes of managed memory that the engine's thread had allocated when it last called notify.</summary>
    public long Allocated;

    /// <summary>What is called on the engine's thread, under the job's lock.</summary>
    public Action? OnNotify { get; set; }

    public static delegate* unmanaged<void*, void> Notify => &OnNews;

    public void* User => (void*)GCHandle.ToIntPtr(_self);

    public static OpenModel OpenTinyAtlas(ModelOptions? options = null) =>
        new(LoadedModels.LeasePath(Golden.TinyAtlas, options ?? new ModelOptions(1)), vocabOnly: false);

    public static GenerationOptions Options(long max, float temperature = 0, ulong seed = 0, bool ignoreEos = false, params string[] stops) =>
        new()
        {
            Sampling = new SamplingOptions(temperature, Seed: seed),
            MaxTokens = max,
            IgnoreEos = ignoreEos,
            Stops = [.. stops.Select(Encoding.UTF8.GetBytes)],
        };

    public static uint[] Ids(OpenModel model, string text) =>
        [.. model.RequireTokenizer().Encode(Encoding.UTF8.GetBytes(text), addSpecial: true, parseSpecial: true).Select(id => (uint)id)];

    /// <summary>Text and tokens of a generation that runs now, with nothing else to do.</summary>
    public static TestReader Run(OpenModel model, string prompt, GenerationOptions options)
    {
        var reader = new TestReader();
        reader.Finish(model.Generate(Ids(model, prompt), options, Notify, reader.User));
        return reader;
    }

    /// <summary>Waits for one notification.</summary>
    public void AwaitNews()
    {
        if (!_news.Wait(_patience))
        {
            throw new TimeoutException("no news from the engine for five minutes");
        }
    }

    /// <summary>Takes all there is.</summary>
    /// <returns>Whether the job is done.</returns>
    public bool Drain(Job job, int textCapacity = 4096, int tokenCapacity = 256)
    {
        Span<byte> text = new byte[textCapacity];
        Span<TokenRecord> tokens = new TokenRecord[tokenCapacity];
        Span<TopToken> tops = new TopToken[32];
        do
        {
            State = job.Read(text, tokens, tops);
            Text.Append(new UTF8Encoding(false, true).GetString(text[..State.TextLength]));
            foreach (TokenRecord token in tokens[..State.TokenCount])
            {
                Tokens.Add((int)token.Id);
                Records.Add(token);
            }
            Tops.AddRange(tops[..State.TopCount]);
        }
        while (!State.Done && (State.TextLength > 0 || State.TokenCount > 0));
        End = State.Done ? job.End : default;
        return State.Done;
    }

    /// <summary>From now on each token costs the engine a few milliseconds, so that there is time to interfere; tokens are thrown away.</summary>
    public void SlowDown(Job job)
    {
        var text = new byte[4096];
        var tokens = new TokenRecord[256];
        OnNotify = () =>
        {
            job.Read(text, tokens, default);
            Thread.Sleep(3);
        };
        // As if read, so that there will be news.
        job.Read(default, default, default);
    }

    /// <summary>Reads to the end.</summary>
    public void Finish(Job job)
    {
        while (!Drain(job))
        {
            AwaitNews();
        }
    }

    public void Dispose() => _self.Free();

    [UnmanagedCallersOnly]
    private static void OnNews(void* user)
    {
        var reader = (TestReader)GCHandle.FromIntPtr((nint)user).Target!;
        reader.Allocated = GC.GetAllocatedBytesForCurrentThread();
        reader.Notified++;
        reader.OnNotify?.Invoke();
        reader._news.Release();
    }
}
