using Realm.Blocks;
using Realm.Branches;
using Realm.Formats;
using Realm.Gguf;
using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Architectures;

/// <summary>
/// What a recipe reads a model with: metadata under the family's prefix, tensors, and the plan of what a sequence remembers. A recipe
/// names the keys that are its own; only those that all families heed are read here. </summary>
internal sealed unsafe partial class ModelReader
{
    private const int MaxLayers = 1024;
    private const int MaxContext = 1 << 26;

    private readonly GgufMetadata _metadata;
    private readonly string _prefix;
    private readonly List<RopeTable> _ropeTables = [];

    public ModelReader(string architecture, GgufMetadata metadata, TensorReader tensors, CacheType cache)
    {
        _metadata = metadata;
        _prefix = architecture + ".";
        Architecture = architecture;
        Tensors = tensors;
        int blocks = (int)Range("block_count", 1, MaxLayers);
        // Layers at the end that guess the token after the next are no part of the network.
        int prediction = Int("nextn_predict_layers", 0);
        if (prediction < 0 || prediction >= blocks)
            throw Bad("nextn_predict_layers", $"{prediction} of {blocks} layers");
        Layers = LayersOfWeights = blocks - prediction;
        Hidden = (int)Range("embedding_length", 1, MaxWidth);
        Context = (int)Range("context_length", 1, MaxContext);
        Heads = PerLayer("attention.head_count", 0);
        KvHeads = Contains("attention.head_count_kv") ? PerLayer("attention.head_count_kv", 0) : Heads;
        int first = Math.Max(0, Array.FindIndex(Heads, heads => heads > 0));
        KeySize = Size("attention.key_length", Heads[first] > 0 ? Hidden / Heads[first] : 0);
        ValueSize = Size("attention.value_length", Heads[first] > 0 ? Hidden / Heads[first] : 0);
        FeedForward = PerLayer("feed_forward_length", 0);
        ExpertCount = ReadExpertCount();
        for (int i = 0; i < Layers; i++)
            Width(Math.Max(Heads[i], KvHeads[i]), Math.Max(KeySize, ValueSize), "attention.head_count");
        State = new StatePlan(cache, Layers, Context);
        Sees = Flag("attention.causal", otherwise: true) ? Visibility.Causal : Visibility.All;
        if (Sees.LooksAhead)
            ReadWholeTexts();
    }

    /// <summary>The family's name in the file.</summary>
    public string Architecture { get; }

    public TensorReader Tensors { get; }

    /// <summary>What a sequence remembers: blocks ask for their part.</summary>
    public StatePlan State { get; private set; }

    /// <summary>Layers, without those that predict further tokens.</summary>
    public int Layers { get; private set; }

    /// <summary>Layers that have weights of their own: the others repeat them in order.</summary>
    public int LayersOfWeights { get; }

    /// <summary>Width of the residual stream.</summary>
    public int Hidden { get; }

    /// <summary>Positions the model was trained for.</summary>
    public int Context { get; private set; }

    /// <summary>What attention sees unless the recipe says otherwise: the past, or, where the file says so, the whole text.</summary>
    public Visibility Sees { get; private set; }

    /// <summary>Query heads of each layer; 0: no attention.</summary>
    public int[] Heads { get; private set; }

    /// <summary>Key/value heads of each layer.</summary>
    public int[] KvHeads { get; private set; }

    /// <summary>Elements of a query and of a key.</summary>
    public int KeySize { get; }

    /// <summary>Elements of a value.</summary>
    public int ValueSize { get; }

    /// <summary>Experts of a layer; 0: none.</summary>
    public int ExpertCount { get; }

    /// <summary>Width of the feed-forward network of each layer.</summary>
    public int[] FeedForward { get; private set; }

    /// <summary>Epsilon of root-mean-square norms.</summary>
    public float RmsEpsilon => Epsilon("attention.layer_norm_rms_epsilon");

    /// <summary>Epsilon of layer norms.</summary>
    public float LayerEpsilon => Epsilon("attention.layer_norm_epsilon");

    /// <summary>A root-mean-square norm with the weight `name`.weight, or `name` as some files have it; it must be there. The bias where there is one.</summary>
    public Norm RmsNorm(string name, int size = 0)
    {
        size = size == 0 ? Hidden : size;
        return new RmsRowNorm(size, Tensors.Vector(WeightName(name), size), RmsEpsilon, Tensors.OptionalVector(name + ".bias", size));
    }

    private string WeightName(string name) => Tensors.Contains(name) ? name : name + ".weight";

    /// <summary>A root-mean-square norm of `groups` neighbouring parts of a row, each for itself, with weights of their own.</summary>
    public Norm GroupedRmsNorm(string name, int size, int groups)
    {
        float* weight = Tensors.Vector(WeightName(name), size);
        Norm[] norms = new Norm[groups];
        for (int i = 0; i < groups; i++)
            norms[i] = new RmsRowNorm(size / groups, weight + (long)i * (size / groups), RmsEpsilon);
        return new GroupedNorm(norms);
    }

    /// <summary>A layer norm with the weight and, where there is one, the bias of `name`.</summary>
    public Norm LayerNorm(string name, int size = 0)
    {
        size = size == 0 ? Hidden : size;
        return new LayerRowNorm(size, Tensors.Vector(WeightName(name), size), Tensors.OptionalVector(name + ".bias", size), LayerEpsilon);
    }

    /// <summary>A root-mean-square norm without a weight.</summary>
    public Norm BareRmsNorm(int size = 0) => new RmsRowNorm(size == 0 ? Hidden : size, null, RmsEpsilon);

    /// <summary>A layer norm without weight and bias.</summary>
    public Norm BareLayerNorm(int size = 0) => new LayerRowNorm(size == 0 ? Hidden : size, null, null, LayerEpsilon);

    /// <summary>The linear map `name`.weight with its bias and scale where there are any.</summary>
    public Linear Linear(string name, int outputs, int inputs) => Tensors.Linear(name, outputs, inputs);

    /// <summary>The embedding of tokens, multiplied with a scale.</summary>
    public Entry Tokens(float scale = 1f) => new(Tensors.Rows(Embedding, Hidden), scale);

    /// <summary>The embedding of tokens in rows of so many parts, each as wide as the hidden state; those behind the first are
    /// zeros.</summary>
    public Entry WideTokens(int parts, float scale = 1f)
    {
        Width(parts, Hidden, "embedding_length");
        return new WideEntry(Tensors.Rows(Embedding, Hidden), scale, parts);
    }

    /// <summary>The embedding of tokens in so many streams, and behind them perhaps the token's number.</summary>
    public Entry StreamTokens(int streams, bool keepsToken)
    {
        Entry entry = new HyperConnections.StreamsEntry(Tensors.Rows(Embedding, Hidden), streams, keepsToken);
        return !keepsToken || entry.VocabSize <= 1 << 24 ? entry
            : throw new RealmException(ErrorCode.Unsupported, $"{Embedding} has {entry.VocabSize} rows; a row that carries its token's number has room for 2^24");
    }

    // Files with one matrix for both may have it under the head's name alone.
    private string Embedding => Tensors.Contains("token_embd.weight") || !Tensors.Contains("output.weight") ? "token_embd.weight" : "output.weight";

    /// <summary>The output head: its own matrix, or the embedding's where there is none.</summary>
    public Linear Head() => Head(Tensors.RowCount(Embedding));

    /// <summary>The output head of so many outputs.</summary>
    public Linear Head(int outputs) => Tensors.Linear("output", Tensors.Contains("output.weight") ? "output.weight" : Embedding, outputs, Hidden);

    /// <summary>Goes through all layers so many times, with the same weights but a state of their own. Before any layer is read.</summary>
    public void RepeatLayers(int times, string key)
    {
        if (times < 1 || (long)Layers * times > MaxLayers)
            throw Bad(key, $"{Layers} layers {times} times are not from 1 to {MaxLayers}");
        Layers *= times;
        Heads = Repeated(Heads);
        KvHeads = Repeated(KvHeads);
        FeedForward = Repeated(FeedForward);
        State = new StatePlan(State.Type, Layers, Context, State.IsTransient);

        int[] Repeated(int[] values) => [.. Enumerable.Repeat(values, times).SelectMany(v => v)];
    }

    /// <summary>The context holds no more than `most` positions, whatever the model was trained for. Before any layer is read.</summary>
    public void LimitContext(int most)
    {
        Context = Math.Min(Context, most);
        State = new StatePlan(State.Type, Layers, Context, State.IsTransient);
    }

    /// <summary>Tokens see what comes after them, whatever the file says: nothing of a layer is needed once it is done. Before any layer is read.</summary>
    public void ReadWholeTexts()
    {
        Sees = Visibility.All;
        State = new StatePlan(CacheType.F32, Layers, Context, isTransient: true);
    }

    /// <summary>Puts a network together, and says what is told about it.</summary>
    public Network Network(Entry entry, Func<LayerReader, Block[]> layer, Exit exit, bool wholeText = false, TextSummary? summary = null)
    {
        Block[][] layers = new Block[Layers][];
        for (int i = 0; i < Layers; i++)
            layers[i] = layer(new LayerReader(this, i));
        return Network(entry, layers, exit, wholeText, summary);
    }

    /// <summary>The same of layers that are built.</summary>
    public Network Network(Entry entry, Block[][] layers, Exit exit, bool wholeText = false, TextSummary? summary = null)
    {
        int attends = Math.Max(0, Array.FindIndex(Heads, heads => heads > 0)), feeds = Math.Max(0, Array.FindIndex(FeedForward, size => size > 0));
        if (exit.HasHead && exit.VocabSize != entry.VocabSize)
            throw new RealmException(ErrorCode.Shape, $"the output head has {exit.VocabSize} rows, the embedding {entry.VocabSize}");
        return new Network
        {
            Entry = entry,
            Layers = layers,
            Exit = exit,
            State = State,
            RopeTables = [.. _ropeTables],
            LongFrom = LongFrom,
            WholeText = wholeText || Sees.LooksAhead,
            Summary = summary ?? Summary(),
            Config = new ModelConfig
            {
                Architecture = Architecture,
                Name = _metadata.Text("general.name") ?? "",
                Layers = layers.Length,
                HiddenSize = Hidden,
                RowSize = entry.RowSize,
                VocabSize = entry.VocabSize,
                ContextLength = Context,
                HeadCount = Heads[attends],
                KvHeadCount = KvHeads[attends],
                HeadSize = KeySize,
                FeedForwardSize = FeedForward[feeds],
                HasHead = exit.HasHead,
            },
        };
    }
}
