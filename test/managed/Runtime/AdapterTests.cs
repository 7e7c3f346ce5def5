using Realm.Blocks;
using Realm.Generation;
using Realm.Runtime;
using Realm.State;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>Low-rank adapters against models whose matrices they were added to.</summary>
public class AdapterTests
{
    private const int Hidden = 24, FeedForward = 40, Vocabulary = 50, Layers = 2;

    private static readonly string[] _matrices = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

    [Theory]
    [InlineData(1, 8f)]
    [InlineData(4, 0f)]
    public void An_adapter_is_what_its_product_added_to_the_matrices_is(int rank, float alpha)
    {
        Tensors model = Decoder(), change = Change(model, [.. BlockNames(_matrices), "output.weight"], rank, seed: 3);
        using ModelFile file = model.Open(), adapter = change.OpenAdapter(alpha), merged = model.Plus(change, 0.7f * (alpha == 0 ? 1 : alpha / rank)).Open();
        using Model with = Load(file, [new AdapterFile(adapter, "a", 0.7f)]), plain = Load(merged, []);
        int[] text = Text(19);
        float[] expected = Networks.Logits(plain, text, 19);
        Assert.InRange(Golden.Nmse(Networks.Logits(with, text, 19), expected), 0, 1e-10);
        Assert.Equal(Networks.Logits(with, text, 19), Networks.Logits(with, text, 1));
        Assert.Equal(Networks.Logits(with, text, 19), Networks.LayerByLayer(with, text, 5));
        using Model one = Load(file, [new AdapterFile(adapter, "a", 0.7f)], threads: 1);
        Assert.Equal(Networks.Logits(with, text, 19), Networks.Logits(one, text, 19));
    }

    /// <summary>Experts, what chooses them, and the embeddings of tokens; of experts perhaps gate and up in one tensor.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Experts_and_embeddings_are_changed(bool fused)
    {
        string[] names = ["ffn_gate_inp", "ffn_down_exps", .. fused ? (string[])["ffn_gate_up_exps"] : ["ffn_gate_exps", "ffn_up_exps"]];
        Tensors model = Mixture(fused), change = OfEmbedding(Change(model, [.. BlockNames(names), "output.weight"], 3, seed: 11), 3);
        using ModelFile file = model.Open(), adapter = change.OpenAdapter(6), merged = model.Plus(change, 0.6f * 6 / 3).Open();
        using Model with = Load(file, [new AdapterFile(adapter, "a", 0.6f)]), plain = Load(merged, []);
        int[] text = Text(37);
        float[] expected = Networks.Logits(with, text, 37);
        Assert.InRange(Golden.Nmse(expected, Networks.Logits(plain, text, 37)), 0, 1e-10);
        Assert.Equal(expected, Networks.Logits(with, text, 1));
        Assert.Equal(expected, Networks.LayerByLayer(with, text, 7));
        using Model one = Model.Load(file, new ModelOptions(1, Packed: false, CacheType.F32), [new AdapterFile(adapter, "a", 0.6f)]);
        Assert.Equal(expected, Networks.Logits(one, text, 37));
    }

    /// <summary>A gate and an up matrix that are one tensor are changed by parts of one B; the activation without a gate by a whole one.</summary>
    [Theory]
    [InlineData(2 * FeedForward)]
    [InlineData(FeedForward)]
    public void Parts_of_a_tensor_are_changed(int up)
    {
        Tensors model = Encoder(up), change = Change(model, BlockNames(["ffn_up", "attn_q", "ffn_down"]), 3, seed: 4);
        using ModelFile file = model.Open(), adapter = change.OpenAdapter(3), merged = model.Plus(change, 1).Open();
        using Model with = Load(file, [new AdapterFile(adapter, "a")]), plain = Load(merged, []);
        EmbeddingOptions all = new(Pooling.None, Normalized: false);
        Assert.InRange(Golden.Nmse(Networks.Vectors(with, [Text(13)], all), Networks.Vectors(plain, [Text(13)], all)), 0, 1e-10);
    }

    [Fact]
    public void Several_adapters_add_up()
    {
        Tensors model = Decoder(), first = Change(model, BlockNames(["attn_q", "ffn_down"]), 2, seed: 5), second = Change(model, BlockNames(["attn_q", "ffn_up"]), 3, seed: 6);
        using ModelFile file = model.Open(), a = first.OpenAdapter(0), b = second.OpenAdapter(0), merged = model.Plus(first, 0.5f).Plus(second, -1.5f).Open();
        using Model with = Load(file, [new AdapterFile(a, "a", 0.5f), new AdapterFile(b, "b", -1.5f)]), plain = Load(merged, []);
        Assert.InRange(Golden.Nmse(Networks.Logits(with, Text(9), 9), Networks.Logits(plain, Text(9), 9)), 0, 1e-10);
    }

    /// <summary>Sequences with other scales in one pass: each gets its own bits, and one that wants no adapter those of the model without.</summary>
    [Theory]
    [InlineData(3, false)]
    [InlineData(30, false)]
    [InlineData(3, true)]
    [InlineData(30, true)]
    public unsafe void Each_sequence_has_scales_of_its_own(int length, bool mixture)
    {
        Tensors model = mixture ? Mixture(fused: false) : Decoder();
        string[] names = mixture ? ["attn_q", "ffn_gate_inp", "ffn_up_exps", "ffn_down_exps"] : _matrices;
        Tensors change = OfEmbedding(Change(model, [.. BlockNames(names), "output.weight"], 4, seed: 7), 4);
        using ModelFile file = model.Open(), adapter = change.OpenAdapter(8);
        using Model with = Load(file, [new AdapterFile(adapter, "a")]), plain = Load(file, []);
        float[] scales = [0, 1, 0.5f];
        using Batch batch = with.NewBatch();
        Session[] sessions = [.. scales.Select(scale => WithScale(with, scale))];
        foreach (Session session in sessions)
        {
            foreach (int token in Text(length))
                batch.Add(session, token, wantLogits: true);
        }
        Assert.True(with.Forward(batch));
        for (int i = 0; i < scales.Length; i++)
        {
            float[] expected = scales[i] == 0 ? Networks.Logits(plain, Text(length), length) : Alone(with, scales[i], length);
            for (int row = 0; row < length; row++)
                Assert.Equal(expected[(row * Vocabulary)..((row + 1) * Vocabulary)], new ReadOnlySpan<float>(batch.Logits(i * length + row), Vocabulary).ToArray());
            sessions[i].Dispose();
        }
    }

    [Fact]
    public void Scales_are_refused_that_make_no_sense()
    {
        Tensors model = Decoder();
        using ModelFile file = model.Open(), adapter = Change(model, BlockNames(["attn_q"]), 1, seed: 8).OpenAdapter(1);
        using Model with = Load(file, [new AdapterFile(adapter, "a")]);
        using Session session = with.NewSession();
        Assert.Equal("2 scales of adapters, the model has 1 adapters", Assert.Throws<RealmException>(() => session.SetAdapters([1, 1])).Message);
        Assert.Contains("not finite", Assert.Throws<RealmException>(() => session.SetAdapters([float.NaN])).Message);
        using Batch batch = with.NewBatch();
        batch.Add(session, 1, false);
        with.Forward(batch);
        Assert.Equal("adapters can't change after 1 tokens: what the session holds was computed with others",
            Assert.Throws<RealmException>(() => session.SetAdapters([0])).Message);
    }

    [Fact]
    public void What_does_not_fit_is_an_error_before_the_model_is_built()
    {
        Tensors model = Decoder(), fitting = Change(model, ["blk.0.attn_q.weight"], 2, seed: 9);
        Check(ErrorCode.InvalidArgument, "the adapter is an adapter for 'qwen2', the model is 'llama'", fitting.OpenAdapter(1, made: "qwen2"));
        Check(ErrorCode.InvalidArgument, "the adapter is no adapter: its general.type is 'model'", fitting.OpenAdapter(1, type: "model"));
        Check(ErrorCode.Unsupported, "the adapter: adapter.type is 'cvec'; supported is lora", fitting.OpenAdapter(1, kind: "cvec"));
        Check(ErrorCode.MissingTensor, "the adapter has 'blk.0.attn_q.weight.lora_a' and no 'blk.0.attn_q.weight.lora_b': half a pair",
            fitting.Without("blk.0.attn_q.weight.lora_b").OpenAdapter(1));
        Check(ErrorCode.MissingTensor, "the adapter changes 'blk.9.attn_q.weight', a tensor that the model does not have",
            Pair("blk.9.attn_q.weight", Hidden, 2, 2, Hidden).OpenAdapter(1));
        Check(ErrorCode.Shape, "the adapter: the change of 'blk.0.attn_q.weight': its ranks differ: .lora_a has 2, .lora_b 3",
            Pair("blk.0.attn_q.weight", Hidden, 2, 3, Hidden).OpenAdapter(1));
        Check(ErrorCode.Shape, "the adapter: the change of 'blk.0.attn_q.weight': 23 x 2 and 2 x 24 don't fit the model's 24 x 24",
            Pair("blk.0.attn_q.weight", Hidden - 1, 2, 2, Hidden).OpenAdapter(1));
        Check(ErrorCode.Unsupported, "the adapter changes 'blk.0.attn_norm.weight', which is no matrix of a product; that is not supported",
            Pair("blk.0.attn_norm.weight", Hidden, 2, 2, 1).OpenAdapter(1));
        Check(ErrorCode.Unsupported, "the adapter: tensor 'blk.0.attn_norm.weight' is neither .lora_a nor .lora_b of a model's tensor",
            new Tensors(model.Architecture).Add("blk.0.attn_norm.weight", [Hidden], new float[Hidden]).OpenAdapter(1));
        Check(ErrorCode.Unsupported, "the adapter: an adapter that begins at certain tokens (aLoRA) is not supported",
            fitting.OpenAdapter(1, more: "adapter.alora.invocation_tokens"));
        Check(ErrorCode.Unsupported, "the adapter changes 'blk.0.attn_q.weight', which has more than three extents; that is not supported",
            new Tensors("llama").Add("blk.0.attn_q.weight.lora_a", [Hidden, 2, 1, 2], new float[Hidden * 4])
                .Add("blk.0.attn_q.weight.lora_b", [2, Hidden], new float[2 * Hidden]).OpenAdapter(1));
        // Eight rows for each of three heads, which the network takes as one matrix.
        Tensors heads = model.Without("blk.0.attn_q.weight").Add("blk.0.attn_q.weight", [Hidden, 8, 3], new float[Hidden * Hidden]);
        Check(ErrorCode.Unsupported, "an adapter changes 'blk.0.attn_q.weight', whose matrices are used as one; that is not supported",
            Change(heads, ["blk.0.attn_q.weight"], 2, seed: 14).OpenAdapter(1), heads);
        Tensors encoder = Encoder(FeedForward).Add("dense_2.weight", [Hidden, 10], new float[Hidden * 10]);
        Check(ErrorCode.Unsupported, "an adapter changes dense_2.weight, which reads pooled vectors; that is not supported",
            Change(encoder, ["dense_2.weight"], 2, seed: 15).OpenAdapter(1), encoder);

        void Check(ErrorCode code, string message, ModelFile adapter, Tensors? other = null)
        {
            using ModelFile file = (other ?? model).Open();
            RealmException error = Assert.Throws<RealmException>(() => Load(file, [new AdapterFile(adapter, "the adapter")]));
            Assert.Equal((code, message), (error.Code, error.Message));
            adapter.Dispose();
        }
    }

    /// <summary>What has been loaded once is found again with the same adapters, and not with others.</summary>
    [Fact]
    public void Models_are_shared_with_the_same_adapters_only()
    {
        Tensors model = Decoder(), change = Change(model, BlockNames(["attn_q"]), 2, seed: 10);
        string folder = Directory.CreateTempSubdirectory().FullName, path = Path.Combine(folder, "model.gguf"), adapter = Path.Combine(folder, "adapter.gguf");
        try
        {
            File.WriteAllBytes(path, model.ToArray());
            File.WriteAllBytes(adapter, change.ToAdapterArray(1));
            ModelOptions plain = new(1, Cache: CacheType.F32), with = plain with { Adapters = new AdapterPaths(new AdapterPath(adapter, 0.5f)) };
            LoadedModel first = LoadedModels.LeasePath(path, with), same = LoadedModels.LeasePath(path, with with { Adapters = new AdapterPaths(new AdapterPath(adapter, 0.5f)) });
            LoadedModel other = LoadedModels.LeasePath(path, plain);
            Assert.Same(first, same);
            Assert.NotSame(first, other);
            using ModelFile file = model.Open(), adapterFile = change.OpenAdapter(1);
            using Model expected = Load(file, [new AdapterFile(adapterFile, "a", 0.5f)], threads: 1);
            Assert.Equal(Networks.Logits(expected, Text(7), 7), Networks.Logits(first.Model, Text(7), 7));
            first.Release();
            same.Release();
            other.Release();
            LoadedModel wrong = LoadedModels.LeasePath(path, plain with { Adapters = new AdapterPaths(new AdapterPath(path)) });
            Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<RealmException>(() => wrong.Model).Code);
            wrong.Release();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void An_adapter_opened_as_a_model_is_told_so()
    {
        using ModelFile adapter = Pair("blk.0.attn_q.weight", Hidden, 2, 2, Hidden).OpenAdapter(1);
        RealmException error = Assert.Throws<RealmException>(() => Model.Inspect(adapter, new ModelOptions()));
        Assert.Equal(ErrorCode.Unsupported, error.Code);
        Assert.Equal("this file is an adapter for a model of the architecture 'llama', not a model: open that model, with this file as its adapter (lora)", error.Message);
    }

    private static Model Load(ModelFile file, AdapterFile[] adapters, int threads = 2) =>
        Model.Load(file, new ModelOptions(threads, Packed: true, CacheType.F32), adapters);

    private static Session WithScale(Model model, float scale)
    {
        Session session = model.NewSession();
        session.SetAdapters([scale]);
        return session;
    }

    private static unsafe float[] Alone(Model model, float scale, int length)
    {
        using Session session = WithScale(model, scale);
        using Batch batch = model.NewBatch();
        foreach (int token in Text(length))
            batch.Add(session, token, wantLogits: true);
        model.Forward(batch);
        return new ReadOnlySpan<float>(batch.Logits(0), length * Vocabulary).ToArray();
    }

    private static int[] Text(int length) => [.. Enumerable.Range(0, length).Select(i => (i * 11 + 3) % Vocabulary)];

    private static string[] BlockNames(string[] names) =>
        [.. Enumerable.Range(0, Layers).SelectMany(layer => names.Select(name => $"blk.{layer}.{name}.weight"))];

    private static Tensors Pair(string name, int inputs, int rank, int inner, int outputs) => new Tensors("llama")
        .Add(name + ".lora_a", [inputs, rank], new float[inputs * rank]).Add(name + ".lora_b", [inner, outputs], new float[inner * outputs]);

    private static Tensors Change(Tensors model, string[] names, int rank, int seed)
    {
        Random random = new(seed);
        Tensors change = new(model.Architecture);
        foreach (string name in names)
        {
            long[] shape = model.Shape(name);
            long experts = shape.Length > 2 ? shape[2] : 1;
            change.Add(name + ".lora_a", [shape[0], rank, .. shape[2..]], Numbers(random, shape[0] * rank * experts, 0.3f))
                .Add(name + ".lora_b", [rank, .. shape[1..]], Numbers(random, rank * shape[1] * experts, 0.3f));
        }
        return change;
    }

    // Rows of A are tokens'.
    private static Tensors OfEmbedding(Tensors change, int rank)
    {
        Random random = new(12);
        return change.Add("token_embd.weight.lora_a", [rank, Vocabulary], Numbers(random, rank * Vocabulary, 0.3f))
            .Add("token_embd.weight.lora_b", [rank, Hidden], Numbers(random, rank * Hidden, 0.3f));
    }

    private static float[] Numbers(Random random, long count, float size, float around = 0) =>
        [.. Enumerable.Range(0, (int)count).Select(_ => around + (2 * random.NextSingle() - 1) * size)];

    private static Tensors Decoder()
    {
        Random random = new(1);
        Tensors model = Shape("llama").Set("attention.layer_norm_rms_epsilon", 1e-5f).Set("rope.dimension_count", 8u).Set("attention.head_count_kv", 1u);
        Add("token_embd", Hidden, Vocabulary);
        Add("output", Hidden, Vocabulary);
        model.Add("output_norm.weight", [Hidden], Numbers(random, Hidden, 0.2f, 1));
        for (int i = 0; i < Layers; i++)
        {
            foreach (string norm in (ReadOnlySpan<string>)["attn_norm", "ffn_norm"])
                model.Add($"blk.{i}.{norm}.weight", [Hidden], Numbers(random, Hidden, 0.2f, 1));
            foreach (string name in _matrices)
                Add($"blk.{i}.{name}", name == "ffn_down" ? FeedForward : Hidden, name is "ffn_gate" or "ffn_up" ? FeedForward : name is "attn_k" or "attn_v" ? 8 : Hidden);
        }
        return model;

        void Add(string name, int inputs, int outputs) => model.Add(name + ".weight", [inputs, outputs], Numbers(random, inputs * outputs, 0.35f));
    }

    // Four experts in the place of each network.
    private static Tensors Mixture(bool fused)
    {
        const int Experts = 4;
        Random random = new(13);
        Tensors model = Decoder().Set("expert_count", (uint)Experts).Set("expert_used_count", 2u).Copy(fused ? "deepseek2-ocr" : "llama");
        if (fused)
            model.Set("attention.head_count_kv", 3u).Set("expert_feed_forward_length", (uint)FeedForward).Set("expert_shared_count", 0u);
        for (int i = 0; i < Layers; i++)
        {
            foreach (string name in (ReadOnlySpan<string>)["ffn_gate", "ffn_up", "ffn_down"])
                model = model.Without($"blk.{i}.{name}.weight");
            foreach (string name in fused ? (ReadOnlySpan<string>)["attn_k", "attn_v"] : [])
                model.Add($"blk.{i}.{name}.weight", [Hidden, Hidden], Numbers(random, Hidden * Hidden, 0.35f));
            Add(i, "ffn_gate_inp", Hidden, Experts);
            Add(i, "ffn_down_exps", FeedForward, Hidden, Experts);
            if (fused)
            {
                Add(i, "ffn_gate_up_exps", Hidden, 2 * FeedForward, Experts);
                continue;
            }
            Add(i, "ffn_gate_exps", Hidden, FeedForward, Experts);
            Add(i, "ffn_up_exps", Hidden, FeedForward, Experts);
        }
        return model;

        void Add(int layer, string name, params long[] shape) =>
            model.Add($"blk.{layer}.{name}.weight", shape, Numbers(random, shape.Aggregate(1L, (a, b) => a * b), 0.35f));
    }

    private static Tensors Encoder(int up)
    {
        Random random = new(2);
        Tensors model = Shape("jina-bert-v2").Set("attention.layer_norm_epsilon", 1e-5f).Set("attention.causal", false);
        Add("token_embd.weight", Hidden, Vocabulary);
        Norm("token_embd_norm");
        for (int i = 0; i < Layers; i++)
        {
            foreach (string name in (ReadOnlySpan<string>)["attn_q", "attn_k", "attn_v", "attn_output"])
                Add($"blk.{i}.{name}.weight", Hidden, Hidden);
            Add($"blk.{i}.ffn_up.weight", Hidden, up);
            Add($"blk.{i}.ffn_down.weight", FeedForward, Hidden);
            Norm($"blk.{i}.attn_output_norm");
            Norm($"blk.{i}.layer_output_norm");
        }
        return model;

        void Add(string name, int inputs, int outputs) => model.Add(name, [inputs, outputs], Numbers(random, inputs * outputs, 0.35f));

        void Norm(string name) => model.Add(name + ".weight", [Hidden], Numbers(random, Hidden, 0.2f, 1)).Add(name + ".bias", [Hidden], Numbers(random, Hidden, 0.2f));
    }

    private static Tensors Shape(string architecture) => new Tensors(architecture).Set("block_count", (uint)Layers).Set("embedding_length", (uint)Hidden)
        .Set("context_length", 64u).Set("attention.head_count", 3u).Set("feed_forward_length", (uint)FeedForward);

    /// <summary>The tensors of a file, with their numbers at hand.</summary>
    private sealed class Tensors(string architecture)
    {
        private readonly Dictionary<string, object> _keys = [];
        private readonly Dictionary<string, (long[] Shape, float[] Values)> _tensors = [];
        public string Architecture => architecture;

        public Tensors Set(string key, object value)
        {
            _keys[key] = value;
            return this;
        }

        public Tensors Add(string name, long[] shape, float[] values)
        {
            _tensors[name] = (shape, values);
            return this;
        }

        public Tensors Without(string name)
        {
            Tensors copy = Copy();
            copy._tensors.Remove(name);
            return copy;
        }

        public long[] Shape(string name) => _tensors[name].Shape;

        /// <summary>The same with scale · B·A added to the matrices that the change names.</summary>
        public Tensors Plus(Tensors change, float scale)
        {
            Tensors sum = Copy();
            foreach ((string name, (long[] shape, float[] values)) in _tensors)
            {
                if (!change._tensors.TryGetValue(name + ".lora_a", out (long[] Shape, float[] Values) a))
                    continue;
                float[] b = change._tensors[name + ".lora_b"].Values;
                bool isOfRows = name == "token_embd.weight";
                int inputs = (int)shape[0], outputs = (int)shape[1], rank = (int)a.Shape[isOfRows ? 0 : 1];
                sum._tensors[name] = (shape, [.. values.Select((value, i) => (float)(value + scale * Enumerable.Range(0, rank).Sum(r => isOfRows
                    ? (double)b[i % inputs * rank + r] * a.Values[i / inputs * rank + r]
                    : (double)b[i / inputs * rank + r] * a.Values[(i / (inputs * outputs) * rank + r) * inputs + i % inputs])))]);
            }
            return sum;
        }

        public ModelFile Open() => Open(ToArray());

        public byte[] ToArray() => ToArray(new GgufWriter().Add("general.architecture", architecture));

        public ModelFile OpenAdapter(float alpha, string? made = null, string type = "adapter", string kind = "lora", string more = "general.name") =>
            Open(ToAdapterArray(alpha, made, type, kind, more));

        public byte[] ToAdapterArray(float alpha, string? made = null, string type = "adapter", string kind = "lora", string more = "general.name") => ToArray(
            new GgufWriter().Add("general.architecture", made ?? Architecture).Add("general.type", type).Add("adapter.type", kind).Add("adapter.lora.alpha", alpha).Add(more, "x"));

        private static unsafe ModelFile Open(byte[] bytes)
        {
            fixed (byte* start = bytes)
                return ModelFile.OpenBytes(start, bytes.Length);
        }

        private byte[] ToArray(GgufWriter writer)
        {
            foreach ((string key, object value) in _keys)
                writer.Add($"{architecture}.{key}", value);
            foreach ((string name, (long[] shape, float[] values)) in _tensors)
                writer.Tensor(name, shape, values);
            return writer.ToArray();
        }

        public Tensors Copy(string? other = null)
        {
            Tensors copy = new(other ?? architecture);
            foreach ((string key, object value) in _keys)
                copy._keys[key] = value;
            foreach ((string name, (long[], float[]) tensor) in _tensors)
                copy._tensors[name] = tensor;
            return copy;
        }
    }
}
