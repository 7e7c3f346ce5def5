using System.Text;
using System.Text.Json;
using Realm.Abi;
using Realm.Tests.Generation;
using Xunit;

namespace Realm.Tests.Abi;

/// <summary>Models and jobs through their C entry points.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class ModelExportsTests
{
    private static (int Status, string Message, ulong Model) Open(string path, NativeModelOptions options = default)
    {
        ulong model = 0;
        ulong* to = &model;
        NativeModelOptions* how = &options;
        byte[] text = Encoding.UTF8.GetBytes(path);
        delegate* unmanaged<byte*, ulong, NativeModelOptions*, ulong*, RealmError*, int> open = &ModelExports.OpenPath;
        fixed (byte* p = text)
        {
            byte* data = p;
            (int status, string message) = Calls.Call(error => open(data, (ulong)text.Length, how, to, (RealmError*)error));
            return (status, message, model);
        }
    }

    private static int Close(ulong model)
    {
        delegate* unmanaged<ulong, RealmError*, int> close = &ModelExports.Close;
        return close(model, null);
    }

    private static JsonElement Describe(ulong model)
    {
        delegate* unmanaged<ulong, byte*, ulong, ulong*, RealmError*, int> describe = &ModelExports.Describe;
        ulong length;
        Assert.Equal(0, describe(model, null, 0, &length, null));
        var json = new byte[length];
        fixed (byte* p = json)
        {
            Assert.Equal(0, describe(model, p, length, &length, null));
        }
        return JsonDocument.Parse(json).RootElement;
    }

    private static (int Status, string Message, uint[] Ids) TokenizeSegments(ulong model, string text, params uint[] lengths)
    {
        delegate* unmanaged<ulong, byte*, ulong, uint*, ulong, int, uint*, ulong, ulong*, RealmError*, int> tokenize = &ModelExports.TokenizeSegments;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var ids = new uint[64];
        ulong count = 0;
        ulong* counted = &count;
        fixed (byte* p = bytes)
        fixed (uint* l = lengths, i = ids)
        {
            byte* data = p;
            uint* sizes = l, to = i;
            (int status, string message) = Calls.Call(error =>
                tokenize(model, data, (ulong)bytes.Length, sizes, (ulong)lengths.Length, 0, to, 64, counted, (RealmError*)error));
            return (status, message, ids[..(int)count]);
        }
    }

    /// <summary>Special tokens come of the template's own segments alone.</summary>
    [Fact]
    public void Segments()
    {
        ulong model = Open(Golden.TinyAtlas, new NativeModelOptions { VocabOnly = 1 }).Model;
        uint end = Assert.Single(TokenizeSegments(model, "<|im_end|>", 10).Ids);
        Assert.DoesNotContain(end, TokenizeSegments(model, "<|im_end|>", 0, 10).Ids);
        Assert.Equal(end, TokenizeSegments(model, "<|im_end|><|im_end|>", 0, 10, 10).Ids[^1]);
        Assert.Single(TokenizeSegments(model, "<|im_end|><|im_end|>", 0, 10, 10).Ids, end);
        Assert.Contains("have 9 bytes together", TokenizeSegments(model, "<|im_end|>", 9).Message);
        Assert.Contains("does not fit", TokenizeSegments(model, "<|im_end|>", 5, 6).Message);
        Assert.Contains("does not fit", TokenizeSegments(model, "<|im_end|>", uint.MaxValue).Message);
        Close(model);
    }

    private static uint[] Tokenize(ulong model, string text)
    {
        delegate* unmanaged<ulong, byte*, ulong, int, int, uint*, ulong, ulong*, RealmError*, int> tokenize = &ModelExports.Tokenize;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        ulong count;
        fixed (byte* p = bytes)
        {
            Assert.Equal(0, tokenize(model, p, (ulong)bytes.Length, 1, 1, null, 0, &count, null));
            var ids = new uint[count];
            fixed (uint* i = ids)
            {
                Assert.Equal(0, tokenize(model, p, (ulong)bytes.Length, 1, 1, i, count, &count, null));
            }
            return ids;
        }
    }

    private static (int Status, string Message, string Text) Detokenize(ulong model, uint[] ids)
    {
        delegate* unmanaged<ulong, uint*, ulong, int, byte*, ulong, ulong*, RealmError*, int> detokenize = &ModelExports.Detokenize;
        var text = new byte[1000];
        ulong length;
        ulong* to = &length;
        fixed (uint* p = ids)
        fixed (byte* t = text)
        {
            uint* i = p;
            byte* o = t;
            (int status, string message) = Calls.Call(error => detokenize(model, i, (ulong)ids.Length, 0, o, 1000, to, (RealmError*)error));
            return (status, message, status == 0 ? Encoding.UTF8.GetString(text, 0, (int)length) : "");
        }
    }

    /// <summary>Reads a job to its end, polling.</summary>
    private static (NativeJobState State, string Text, uint[] Tokens, string Message) Read(ulong job)
    {
        delegate* unmanaged<ulong, byte*, ulong, uint*, ulong, NativeJobState*, RealmError*, int> read = &JobExports.Read;
        var text = new StringBuilder();
        var tokens = new List<uint>();
        byte* bytes = stackalloc byte[64];
        uint* ids = stackalloc uint[4];
        RealmError error = default;
        NativeJobState state = default;
        long deadline = Environment.TickCount64 + 30_000;
        do
        {
            Assert.Equal(0, read(job, bytes, 64, ids, 4, &state, &error));
            text.Append(Encoding.UTF8.GetString(bytes, (int)state.TextLength));
            tokens.AddRange(new ReadOnlySpan<uint>(ids, (int)state.TokenCount));
            Thread.Yield();
        }
        while (state.Done == 0 && Environment.TickCount64 < deadline);
        Assert.Equal(1, state.Done);
        return (state, text.ToString(), [.. tokens], Encoding.UTF8.GetString(error.Message, (int)error.Length));
    }

    private static (int Status, string Message, ulong Job) Generate(ulong model, uint[] ids, NativeGenerationOptions options)
    {
        delegate* unmanaged<ulong, uint*, ulong, NativeGenerationOptions*, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> generate = &ModelExports.GenerateStart;
        ulong job = 0;
        ulong* to = &job;
        NativeGenerationOptions* how = &options;
        fixed (uint* p = ids)
        {
            uint* prompt = p;
            (int status, string message) = Calls.Call(error => generate(model, prompt, (ulong)ids.Length, how, null, null, to, (RealmError*)error));
            return (status, message, job);
        }
    }

    private static NativeGenerationOptions Greedy(uint max) => new() { MaxTokens = max, TopP = 1, RepeatPenalty = 1 };

    private static int CloseJob(ulong job)
    {
        delegate* unmanaged<ulong, RealmError*, int> close = &JobExports.Close;
        return close(job, null);
    }

    [Fact]
    public void TheWholeWay()
    {
        (int status, string message, ulong model) = Open(Golden.TinyAtlas);
        Assert.Equal((0, ""), (status, message));
        uint[] ids = Tokenize(model, "The capital of France is");
        Assert.Equal([0u, 285, 276, 271, 1043, 265], ids);
        (_, _, ulong job) = Generate(model, ids, Greedy(16));
        (NativeJobState state, string text, uint[] tokens, _) = Read(job);
        Assert.Equal(" Paris.", text);
        Assert.Equal((0, 1, 6ul, 0ul), (state.Status, state.FinishReason, state.PromptTokens, state.Model));
        Assert.Equal(" Paris.", Detokenize(model, tokens[..^1]).Text);
        Assert.Equal(0, CloseJob(job));
        Assert.Equal(0, CloseJob(job));
        Assert.Equal(0, Close(model));
        Assert.Equal(0, Close(model));
        Assert.Equal((28, "the model was closed"), (Generate(model, ids, Greedy(1)).Status, Generate(model, ids, Greedy(1)).Message));
        Assert.Equal(1, Close(model + 1000));
    }

    [Fact]
    public void SpeculationCrosses()
    {
        ulong model = Open(Golden.TinyAtlas).Model;
        uint[] ids = Tokenize(model, string.Concat(Enumerable.Repeat("The capital of France is Paris.\n", 4)));
        (NativeJobState State, string Text, uint[] Tokens, string Message)[] runs = [.. Enumerable.Range(0, 2).Select(none =>
        {
            ulong job = Generate(model, ids, Greedy(100) with { IgnoreEos = 1, Speculation = none }).Job;
            var run = Read(job);
            CloseJob(job);
            return run;
        })];
        Assert.Equal((runs[1].Text, runs[1].State.FinishReason), (runs[0].Text, runs[0].State.FinishReason));
        Assert.Equal(runs[1].Tokens, runs[0].Tokens);
        Assert.InRange(runs[0].State.AcceptedTokens, 1ul, runs[0].State.DraftedTokens);
        Assert.Equal((0ul, 0ul), (runs[1].State.DraftedTokens, runs[1].State.AcceptedTokens));
        Assert.Equal((1, "speculation must be 0 or 1, not 2"), (Generate(model, ids, Greedy(1) with { Speculation = 2 }).Status, Generate(model, ids, Greedy(1) with { Speculation = 2 }).Message));
        Close(model);
    }

    [Fact]
    public void StopStringsCross()
    {
        ulong model = Open(Golden.TinyAtlas).Model;
        uint[] ids = Tokenize(model, "The capital of France is");
        byte[] stops = [2, 0, 0, 0, (byte)'z', (byte)'z', 3, 0, 0, 0, (byte)'r', (byte)'i', (byte)'s'];
        fixed (byte* p = stops)
        {
            NativeGenerationOptions options = Greedy(16) with { Stop = p, StopLength = (ulong)stops.Length, StopCount = 2 };
            ulong job = Generate(model, ids, options).Job;
            Assert.Equal(" Pa", Read(job).Text);
            CloseJob(job);
            Assert.Contains("string 2 of 3", Generate(model, ids, options with { StopCount = 3 }).Message);
            Assert.Contains("longer than", Generate(model, ids, options with { StopLength = 12 }).Message);
            stops[0] = 0;
            Assert.Contains("empty", Generate(model, ids, options with { StopCount = 1 }).Message);
            Assert.Equal(1, Generate(model, ids, options with { Stop = null }).Status);
        }
        Assert.Equal((1, "topP must be a number from 0 to 1, not 2"), (Generate(model, ids, Greedy(1) with { TopP = 2 }).Status, Generate(model, ids, Greedy(1) with { TopP = 2 }).Message));
        Assert.Equal(1, Generate(model, ids, Greedy(1) with { IgnoreEos = 2 }).Status);
        Close(model);
    }

    [Fact]
    public void Facts()
    {
        ulong model = Open(Golden.TinyAtlas, new NativeModelOptions { Threads = 1, CacheType = 1, Weights = 1 }).Model;
        JsonElement facts = Describe(model);
        Assert.Equal("llama", facts.GetProperty("architecture").GetString());
        Assert.Equal(256, facts.GetProperty("hiddenSize").GetInt32());
        Assert.Equal(4, facts.GetProperty("layers").GetInt32());
        Assert.Equal(4, facts.GetProperty("headCount").GetInt32());
        Assert.Equal(2, facts.GetProperty("kvHeadCount").GetInt32());
        Assert.Equal("Q4_K_M", facts.GetProperty("quantization").GetString());
        Assert.Equal("mapped", facts.GetProperty("weights").GetString());
        Assert.Equal("f32", facts.GetProperty("cacheType").GetString());
        Assert.Equal(1, facts.GetProperty("threads").GetInt32());
        Assert.Equal("gpt2", facts.GetProperty("tokenizer").GetProperty("model").GetString());
        Assert.Equal("<|endoftext|>", facts.GetProperty("bosToken").GetString());
        Assert.Contains("im_start", facts.GetProperty("chatTemplate").GetString());
        Assert.Empty(facts.GetProperty("chatTemplates").EnumerateObject());
        Close(model);

        ulong vocabOnly = Open(Golden.TinyAtlas, new NativeModelOptions { VocabOnly = 1 }).Model;
        JsonElement fewer = Describe(vocabOnly);
        foreach (string name in (string[])["architecture", "name", "layers", "hiddenSize", "headCount", "kvHeadCount", "headSize", "feedForwardSize", "vocabSize", "contextLength", "parameters", "bytes", "quantization", "tensorCount"])
        {
            Assert.Equal(facts.GetProperty(name).ToString(), fewer.GetProperty(name).ToString());
        }
        Assert.True(fewer.GetProperty("vocabOnly").GetBoolean());
        Assert.Equal(6, Tokenize(vocabOnly, "The capital of France is").Length);
        Assert.Equal((2, "token 4000000000 at index 1"), (Detokenize(vocabOnly, [1, 4_000_000_000]).Status, Detokenize(vocabOnly, [1, 4_000_000_000]).Message[..27]));
        Close(vocabOnly);
    }

    [Fact]
    public void CacheTypesCross()
    {
        foreach ((int type, string name) in new[] { (0, "f16"), (1, "f32"), (2, "q8_0") })
        {
            ulong model = Open(Golden.TinyAtlas, new NativeModelOptions { Threads = 1, CacheType = type }).Model;
            Assert.Equal(name, Describe(model).GetProperty("cacheType").GetString());
            ulong job = Generate(model, Tokenize(model, "The capital of France is"), Greedy(16)).Job;
            Assert.Equal(" Paris.", Read(job).Text);
            CloseJob(job);
            Close(model);
        }
    }

    [Fact]
    public void EngineFacts()
    {
        delegate* unmanaged<byte*, ulong, ulong*, RealmError*, int> describe = &EngineExports.Describe;
        var json = new byte[100_000];
        ulong length;
        fixed (byte* p = json)
        {
            Assert.Equal(0, describe(p, (ulong)json.Length, &length, null));
        }
        JsonElement facts = JsonDocument.Parse(json.AsMemory(0, (int)length)).RootElement;
        Assert.Contains("llama", facts.GetProperty("architectures").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal(Realm.Formats.Formats.All.Count, facts.GetProperty("formats").GetArrayLength());
        Assert.NotEmpty(facts.GetProperty("isa").GetString()!);
        delegate* unmanaged<int> version = &EngineExports.Version;
        Assert.Equal(2, version());
    }

    [Fact]
    public void LoadsInTheBackground()
    {
        delegate* unmanaged<byte*, ulong, NativeModelOptions*, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> start = &ModelExports.OpenBytesStart;
        byte[] atlas = File.ReadAllBytes(Golden.TinyAtlas);
        ulong job;
        fixed (byte* p = atlas)
        {
            Assert.Equal(0, start(p, (ulong)atlas.Length, null, null, null, &job, null));
        }
        NativeJobState state = Read(job).State;
        Assert.Equal(0, state.Status);
        Assert.Equal(6, Tokenize(state.Model, "The capital of France is").Length);
        CloseJob(job);
        Close(state.Model);

        delegate* unmanaged<byte*, ulong, NativeModelOptions*, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> path = &ModelExports.OpenPathStart;
        byte[] name = "/nowhere/x.gguf"u8.ToArray();
        fixed (byte* p = name)
        {
            Assert.Equal(0, path(p, (ulong)name.Length, null, null, null, &job, null));
        }
        (state, _, _, string message) = Read(job);
        Assert.Equal((int)ErrorCode.Io, state.Status);
        Assert.Contains("/nowhere/x.gguf", message);
        CloseJob(job);
    }

    [Fact]
    public void LogitsOfEveryPosition()
    {
        ulong model = Open(Golden.TinyAtlas).Model;
        uint[] ids = [0, 285, 276];
        int vocabulary = Describe(model).GetProperty("vocabSize").GetInt32();
        var logits = new float[3 * vocabulary];
        delegate* unmanaged<ulong, uint*, ulong, float*, ulong, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> start = &ModelExports.LogitsStart;
        ulong job;
        fixed (uint* i = ids)
        fixed (float* o = logits)
        {
            Assert.Equal(1, start(model, i, 3, o, (ulong)logits.Length - 1, null, null, &job, null));
            Assert.Equal(0, start(model, i, 3, o, (ulong)logits.Length, null, null, &job, null));
            Assert.Equal(0, Read(job).State.Status);
            CloseJob(job);
        }
        Assert.All(logits, logit => Assert.True(logit != 0));
        Close(model);
    }

    [Fact]
    public void WrongArguments()
    {
        Assert.Equal((1, "threads must be from 0 to 1024, not -1"), (Open("x", new NativeModelOptions { Threads = -1 }).Status, Open("x", new NativeModelOptions { Threads = -1 }).Message));
        Assert.Equal(1, Open("x", new NativeModelOptions { CacheType = 3 }).Status);
        delegate* unmanaged<ulong, byte*, ulong, uint*, ulong, NativeJobState*, RealmError*, int> read = &JobExports.Read;
        NativeJobState state;
        Assert.Equal(1, read(99_999_999, null, 0, null, 0, &state, null));
        Assert.Equal(1, read(1, null, 0, null, 0, null, null));
        delegate* unmanaged<ulong, RealmError*, int> cancel = &JobExports.Cancel;
        Assert.Equal(1, cancel(99_999_999, null));
    }
}
