using System.Text;
using System.Text.Json;
using Realm.Abi;
using Realm.Generation;
using Realm.Tests.Generation;
using Xunit;

namespace Realm.Tests.Abi;

/// <summary>Models and jobs through their C entry points.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class ModelExportsTests
{
    private static (int Status, string Message, ulong Model) Open(string path, string options = "")
    {
        ulong model = 0;
        ulong* to = &model;
        byte[] text = Encoding.UTF8.GetBytes(path), json = Encoding.UTF8.GetBytes(options);
        delegate* unmanaged<byte*, ulong, byte*, ulong, ulong*, RealmError*, int> open = &ModelExports.OpenPath;
        fixed (byte* p = text, o = json)
        {
            byte* data = p, how = o;
            (int status, string message) = Calls.Call(error => open(data, (ulong)text.Length, how, (ulong)json.Length, to, (RealmError*)error));
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
        ulong model = Open(Golden.TinyAtlas, """{"vocabOnly":true}""").Model;
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
        delegate* unmanaged<ulong, byte*, ulong, TokenRecord*, ulong, TopToken*, ulong, NativeJobState*, RealmError*, int> read = &JobExports.Read;
        var text = new StringBuilder();
        var tokens = new List<uint>();
        byte* bytes = stackalloc byte[64];
        TokenRecord* records = stackalloc TokenRecord[4];
        RealmError error = default;
        NativeJobState state = new() { StructSize = (uint)sizeof(NativeJobState) };
        long deadline = Environment.TickCount64 + 300_000;
        do
        {
            Assert.Equal(0, read(job, bytes, 64, records, 4, null, 0, &state, &error));
            text.Append(Encoding.UTF8.GetString(bytes, (int)state.TextLength));
            for (int i = 0; i < (int)state.TokenCount; i++)
            {
                tokens.Add(records[i].Id);
            }
            Thread.Yield();
        }
        while (state.Done == 0 && Environment.TickCount64 < deadline);
        Assert.Equal(1, state.Done);
        return (state, text.ToString(), [.. tokens], Encoding.UTF8.GetString(error.Message, (int)error.Length));
    }

    /// <summary>How a job ended.</summary>
    private static JsonElement End(ulong job)
    {
        delegate* unmanaged<ulong, byte*, ulong, ulong*, RealmError*, int> end = &JobExports.End;
        var json = new byte[4096];
        ulong length;
        fixed (byte* p = json)
        {
            Assert.Equal(0, end(job, p, (ulong)json.Length, &length, null));
        }
        return JsonDocument.Parse(json.AsMemory(0, (int)length)).RootElement;
    }

    private static (int Status, string Message, ulong Job) Generate(ulong model, uint[]? ids, string? text, string options)
    {
        delegate* unmanaged<ulong, byte*, ulong, uint*, ulong, byte*, ulong, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> generate =
            &ModelExports.GenerateStart;
        ulong job = 0;
        ulong* to = &job;
        byte[] utf8 = Encoding.UTF8.GetBytes(text ?? ""), json = Encoding.UTF8.GetBytes(options);
        fixed (uint* p = ids)
        fixed (byte* t = utf8, o = json)
        {
            uint* prompt = p;
            byte* words = text == null ? null : t, how = o;
            (int status, string message) = Calls.Call(error =>
                generate(model, words, (ulong)utf8.Length, prompt, (ulong)(ids?.Length ?? 0), how, (ulong)json.Length, null, null, to, (RealmError*)error));
            return (status, message, job);
        }
    }

    private static (int Status, string Message, ulong Job) Generate(ulong model, uint[] ids, string options) => Generate(model, ids, null, options);

    private static string Greedy(int max) => $$"""{"maxTokens":{{max}}}""";

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
        (status, message, ulong job) = Generate(model, ids, Greedy(16));
        Assert.Equal((0, ""), (status, message));
        (NativeJobState state, string text, uint[] tokens, _) = Read(job);
        Assert.Equal(" Paris.", text);
        Assert.Equal((0, 0ul), (state.Status, state.Model));
        JsonElement end = End(job);
        Assert.Equal(("stop", 0, 6, 0, 4), (
            end.GetProperty("finishReason").GetString(),
            end.GetProperty("stop").GetInt32(),
            end.GetProperty("promptTokens").GetInt32(),
            end.GetProperty("cachedTokens").GetInt32(),
            end.GetProperty("generatedTokens").GetInt32()));
        Assert.All(["queued", "prompt", "generation"], name => Assert.InRange(end.GetProperty("timings").GetProperty(name).GetDouble(), 0, 60_000));
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
        (string Text, uint[] Tokens, JsonElement End) Run(string speculation)
        {
            ulong job = Generate(model, ids, $$"""{"maxTokens":100,"ignoreEos":true,"speculation":{{speculation}}}""").Job;
            (_, string text, uint[] tokens, _) = Read(job);
            JsonElement end = End(job);
            CloseJob(job);
            return (text, tokens, end);
        }
        (string quickText, uint[] quickTokens, JsonElement quick) = Run("true");
        (string plainText, uint[] plainTokens, JsonElement plain) = Run("false");
        Assert.Equal(plainText, quickText);
        Assert.Equal(plainTokens, quickTokens);
        Assert.Equal("length", quick.GetProperty("finishReason").GetString());
        Assert.InRange(quick.GetProperty("acceptedTokens").GetInt64(), 1, quick.GetProperty("draftedTokens").GetInt64());
        Assert.Equal((0L, 0L), (plain.GetProperty("draftedTokens").GetInt64(), plain.GetProperty("acceptedTokens").GetInt64()));
        Close(model);
    }

    [Fact]
    public void TextAndStopsCross()
    {
        ulong model = Open(Golden.TinyAtlas).Model;
        foreach ((string stop, string text, string cause) in new[]
        {
            ("""["zz","ris"]""", " Pa", "\"ris\""),
            ("""["zz",16]""", " Paris", "16"),
            ("""[]""", " Paris.", "0"),
            ("""["\u002e\u00e9"]""", " Paris.", "0"),
        })
        {
            ulong job = Generate(model, null, "The capital of France is", $$"""{ "stop": {{stop}}, "maxTokens": 16 }""").Job;
            Assert.Equal(text, Read(job).Text);
            Assert.Equal(cause, End(job).GetProperty("stop").GetRawText());
            CloseJob(job);
        }
        Close(model);
    }

    /// <summary>Each option has one row, which says what it takes; what no row has is an error that names the nearest.</summary>
    [Theory]
    [InlineData("""{"topP":2}""", "topP must be a number from 0 to 1, not 2")]
    [InlineData("""{"temperature":"hot"}""", "temperature must be a number, not \"hot\"")]
    [InlineData("""{"topK":1.5}""", "topK must be an integer, at least 0, not 1.5")]
    [InlineData("""{"maxTokens":-1}""", "maxTokens must be an integer from 0 to 4294967295, not -1")]
    [InlineData("""{"ignoreEos":2}""", "ignoreEos must be true or false, not 2")]
    [InlineData("""{"seed":7}""", "seed must be a text of decimal digits below 2^64, not 7")]
    [InlineData("""{"seed":"18446744073709551616"}""", "seed must be a text of decimal digits below 2^64, not \"18446744073709551616\"")]
    [InlineData("""{"stop":"x"}""", "stop must be a list, not \"x\"")]
    [InlineData("""{"stop":["x",""]}""", "stop[1] must be a text that is not empty, or a token id, not \"\"")]
    [InlineData("""{"stop":[-1]}""", "stop[0] must be a text that is not empty, or a token id, not -1")]
    [InlineData("""{"priority":"urgent"}""", "priority must be 'background' or 'normal' or 'high', not \"urgent\"")]
    [InlineData("""{"dryBase":-1}""", "dryBase must be a finite number, at least 0, not -1")]
    [InlineData("""{"repeatLastN":0.5}""", "repeatLastN must be an integer, at least -1, not 0.5")]
    [InlineData("""{"mirostat":1}""", "mirostat must be 0 or 2, not 1: the first form is not there")]
    [InlineData("""{"logitBias":[1]}""", "logitBias must be an object of numbers by token ids, not a list")]
    [InlineData("""{"logitBias":{"x":1}}""", "a name in logitBias must be a token id, not x")]
    [InlineData("""{"logitBias":{"1":"x"}}""", "logitBias of token 1 must be a number, not \"x\"")]
    [InlineData("""{"samplers":["topk"]}""", "samplers: there is no sampler 'topk'; there are penalties, dry, topNSigma, topK, typicalP, topP, minP, xtc, temperature, mirostat, adaptiveP")]
    [InlineData("""{"temprature":1}""", "generate has no option 'temprature'; did you mean 'temperature'?")]
    [InlineData("""{"max_tokens":1}""", "generate has no option 'max_tokens'; did you mean 'maxTokens'?")]
    [InlineData("""{"format":5}""", "format must be an object with a type and a text, not 5")]
    [InlineData("""{"stop":["x","a\ud800"]}""", "stop: a text has half of a surrogate pair, which is no character")]
    [InlineData("""{"samplers":["\udc00"]}""", "samplers: a text has half of a surrogate pair, which is no character")]
    [InlineData("""{"format":{"type":"regex","text":"\ud800x"}}""", "format: a text has half of a surrogate pair, which is no character")]
    [InlineData("""[1]""", "the options of generate must be a JSON object")]
    [InlineData("""{"topK":}""", "the options of generate are not valid JSON: line 1, byte 9")]
    [InlineData("""{"topK":1""", "the options of generate are not valid JSON: line 1, byte 10")]
    [InlineData("""{"topK":1} {}""", "the options of generate are not valid JSON: line 1, byte 12")]
    public void OptionsAreChecked(string options, string message)
    {
        ulong model = Open(Golden.TinyAtlas).Model;
        Assert.Equal((1, message), (Generate(model, [1], options).Status, Generate(model, [1], options).Message));
        Close(model);
    }

    [Theory]
    [InlineData("""{"threads":5000}""", "threads must be an integer from 0 to 1024, not 5000")]
    [InlineData("""{"gpuLayers":1}""", "loadModel has no option 'gpuLayers'; did you mean")]
    [InlineData("""{"cacheType":"f64"}""", "cacheType must be 'f16' or 'f32' or 'q8_0', not \"f64\"")]
    [InlineData("""{"lora":[{"path":"\ud800"}]}""", "lora: a text has half of a surrogate pair, which is no character")]
    [InlineData("""{"lora":{}}""", "lora must be a list of adapters, each with a path")]
    [InlineData("""{"lora":"x"}""", "lora must be a list of adapters, each with a path")]
    [InlineData("""{"lora":[{"path":1}]}""", "lora must be a list of adapters, each with a path")]
    public void OptionsOfOpeningAreChecked(string options, string message)
    {
        (int status, string got, _) = Open(Golden.TinyAtlas, options);
        Assert.Equal(1, status);
        Assert.StartsWith(message, got);
    }

    [Fact]
    public void ManyAdaptersAreTooMany()
    {
        string Adapters(int count) => $$"""{"lora":[{{string.Join(',', Enumerable.Repeat("""{"path":"/absent"}""", count))}}]}""";
        Assert.Equal("lora: at most 64 adapters are possible", Open(Golden.TinyAtlas, Adapters(65)).Message);
        Assert.Contains("/absent", Open(Golden.TinyAtlas, Adapters(64)).Message);
    }

    [Fact]
    public void ManyStopsAreTooMany()
    {
        ulong model = Open(Golden.TinyAtlas).Model;
        string Biases(int count) => $$"""{"logitBias":{{{string.Join(',', Enumerable.Range(0, count).Select(id => $"\"{id % 1536}\":0"))}}},"maxTokens":0}""";
        Assert.Equal("logitBias: more than 1048576 tokens", Generate(model, [1], Biases((1 << 20) + 1)).Message);
        string Stops(int count) => $$"""{"stop":[{{string.Join(',', Enumerable.Repeat("1", count))}}],"maxTokens":0}""";
        CloseJob(Generate(model, [1], Stops(256)).Job);
        Assert.Equal("stop: a list of more than 256 items", Generate(model, [1], Stops(257)).Message);
        Close(model);
    }

    /// <summary>A caller with another idea of the struct is told so.</summary>
    [Fact]
    public void TheSizeOfTheStateIsChecked()
    {
        ulong model = Open(Golden.TinyAtlas).Model;
        ulong job = Generate(model, [1], Greedy(1)).Job;
        NativeJobState state = new() { StructSize = 8 };
        NativeJobState* to = &state;
        delegate* unmanaged<ulong, byte*, ulong, TokenRecord*, ulong, TopToken*, ulong, NativeJobState*, RealmError*, int> read = &JobExports.Read;
        Assert.Equal((1, "state: struct_size is 8, the engine's is 56"), Calls.Call(error => read(job, null, 0, null, 0, null, 0, to, (RealmError*)error)));
        CloseJob(job);
        Close(model);
    }

    [Fact]
    public void Facts()
    {
        ulong model = Open(Golden.TinyAtlas, """{"threads":1,"cacheType":"f32","weights":"mapped"}""").Model;
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

        ulong vocabOnly = Open(Golden.TinyAtlas, """{"vocabOnly":true}""").Model;
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
        foreach (string name in (string[])["f16", "f32", "q8_0"])
        {
            ulong model = Open(Golden.TinyAtlas, $$"""{"threads":1,"cacheType":"{{name}}"}""").Model;
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
        Assert.Equal(6, version());
    }

    [Fact]
    public void LoadsInTheBackground()
    {
        delegate* unmanaged<byte*, ulong, byte*, ulong, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> start = &ModelExports.OpenBytesStart;
        byte[] atlas = File.ReadAllBytes(Golden.TinyAtlas);
        ulong job;
        fixed (byte* p = atlas)
        {
            Assert.Equal(0, start(p, (ulong)atlas.Length, null, 0, null, null, &job, null));
        }
        NativeJobState state = Read(job).State;
        Assert.Equal(0, state.Status);
        Assert.Equal(6, Tokenize(state.Model, "The capital of France is").Length);
        CloseJob(job);
        Close(state.Model);

        delegate* unmanaged<byte*, ulong, byte*, ulong, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> path = &ModelExports.OpenPathStart;
        byte[] name = "/nowhere/x.gguf"u8.ToArray();
        fixed (byte* p = name)
        {
            Assert.Equal(0, path(p, (ulong)name.Length, null, 0, null, null, &job, null));
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
        delegate* unmanaged<ulong, uint*, ulong, byte*, ulong, float*, ulong, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> start = &ModelExports.LogitsStart;
        ulong job;
        fixed (uint* i = ids)
        fixed (float* o = logits)
        {
            Assert.Equal(1, start(model, i, 3, null, 0, o, (ulong)logits.Length - 1, null, null, &job, null));
            Assert.Equal(0, start(model, i, 3, null, 0, o, (ulong)logits.Length, null, null, &job, null));
            Assert.Equal(0, Read(job).State.Status);
            CloseJob(job);
        }
        Assert.All(logits, logit => Assert.True(logit != 0));
        Close(model);
    }

    [Fact]
    public void WrongArguments()
    {
        delegate* unmanaged<ulong, byte*, ulong, TokenRecord*, ulong, TopToken*, ulong, NativeJobState*, RealmError*, int> read = &JobExports.Read;
        NativeJobState state = new() { StructSize = (uint)sizeof(NativeJobState) };
        Assert.Equal(1, read(99_999_999, null, 0, null, 0, null, 0, &state, null));
        Assert.Equal(1, read(1, null, 0, null, 0, null, 0, null, null));
        delegate* unmanaged<ulong, RealmError*, int> cancel = &JobExports.Cancel;
        Assert.Equal(1, cancel(99_999_999, null));
    }
}
