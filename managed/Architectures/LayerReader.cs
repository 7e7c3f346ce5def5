using Realm.Branches;
using Realm.Passes;
using Realm.State;

namespace Realm.Architectures;

/// <summary>What a recipe reads a layer with: names stand behind <c>blk.N.</c>, and have the usual spelling unless given.</summary>
/// <param name="model">What the rest is read with.</param>
/// <param name="index">The layer's number.</param>
/// <param name="weights">N, where layers share weights.</param>
/// <param name="part">What stands before: of a network with an encoder and a decoder, which of them.</param>
internal sealed unsafe partial class LayerReader(ModelReader model, int index, int weights, string part = "")
{
    private readonly string _prefix = $"{part}blk.{weights}.";

    public LayerReader(ModelReader model, int index) : this(model, index, index % model.LayersOfWeights)
    {
    }

    /// <summary>The layer's number.</summary>
    public int Index => index;

    public ModelReader Model => model;

    public TensorReader Tensors => model.Tensors;

    /// <summary>Query heads.</summary>
    public int Heads => model.Heads[index];

    /// <summary>Key/value heads.</summary>
    public int KvHeads => model.KvHeads[index];

    /// <summary>Width of the feed-forward network.</summary>
    public int FeedForwardSize => model.FeedForward[index];

    /// <summary>A tensor's whole name.</summary>
    public string Name(string name) => _prefix + name;

    public bool Contains(string name) => Tensors.Contains(_prefix + name);

    /// <inheritdoc cref="ModelReader.RmsNorm"/>
    public Norm RmsNorm(string name, int size = 0) => model.RmsNorm(_prefix + name, size);

    /// <inheritdoc cref="ModelReader.LayerNorm"/>
    public Norm LayerNorm(string name, int size = 0) => model.LayerNorm(_prefix + name, size);

    /// <summary>The linear map `name`.weight with its bias and scale where there are any. A layer with another's weights may have a scale
    /// of its own.</summary>
    public Linear Linear(string name, int outputs, int inputs)
    {
        string own = $"blk.{index}.{name}.scale";
        return Tensors.Linear(_prefix + name, _prefix + name + ".weight", outputs, inputs, Tensors.Contains(own) ? own : null);
    }

    /// <summary>Outputs `first`.. of the linear map `name`.weight, which has `all` outputs.</summary>
    public Linear Slice(string name, int first, int outputs, int all, int inputs) => Tensors.Slice(_prefix + name, first, outputs, all, inputs);

    /// <summary>The matrices of all experts, one linear map each.</summary>
    public Linear[] ExpertLinears(string name, int experts, int outputs, int inputs) => Tensors.Experts(_prefix + name, experts, outputs, inputs);

    /// <summary>Attention's facts as the usual keys say: this layer's heads, their sizes, and 1/sqrt(key size).</summary>
    public AttentionFacts Facts
    {
        get
        {
            if (Heads < 1 || KvHeads < 1)
                throw model.Bad("attention.head_count", $"layer {index} has {Heads} heads and {KvHeads} key/value heads");
            if (Heads % KvHeads != 0)
                throw model.Bad("attention.head_count_kv", $"{KvHeads} does not divide the {Heads} heads of layer {index}");
            if (model.KeySize < 1 || model.ValueSize < 1)
                throw model.Bad("attention.head_count", $"{Heads} heads of a hidden size of {model.Hidden}: a head has no element");
            return new AttentionFacts
            {
                Heads = Heads,
                KvHeads = KvHeads,
                KeySize = model.KeySize,
                ValueSize = model.ValueSize,
                Scale = 1f / MathF.Sqrt(model.KeySize),
                Sees = model.Sees,
            };
        }
    }

    /// <summary>Attention with the usual matrices: <c>attn_q</c>, <c>attn_k</c>, <c>attn_v</c>, or all in <c>attn_qkv</c>;
    /// <c>attn_output</c>.</summary>
    public Attention Attention(AttentionFacts facts, string output = "attn_output") => Attention(facts, Projections(facts), output);

    /// <summary>Attention with these projections and the usual matrix behind it.</summary>
    public Attention Attention(AttentionFacts facts, Linear[] projections, string output = "attn_output") =>
        Attention(facts, projections, Linear(output, model.Hidden, checked(facts.Heads * facts.ValueSize)));

    /// <summary>The usual matrices of queries, keys and values: one each, or all in one. One matrix may have a bias in three
    /// parts.</summary>
    public Linear[] Projections(AttentionFacts facts)
    {
        int queries = checked(facts.Heads * facts.KeySize), keys = checked(facts.KvHeads * facts.KeySize), values = checked(facts.KvHeads * facts.ValueSize);
        if (!Contains("attn_qkv.weight"))
            return [Linear("attn_q", queries, model.Hidden), Linear("attn_k", keys, model.Hidden), Linear("attn_v", values, model.Hidden)];
        int all = queries + keys + values;
        if (Contains("attn_qkv.bias") || !Contains("attn_q.bias") || !Contains("attn_k.bias") || !Contains("attn_v.bias"))
            return [Linear("attn_qkv", all, model.Hidden)];
        string matrix = Name("attn_qkv");
        return
        [
            Tensors.Slice(matrix, 0, queries, all, model.Hidden, Name("attn_q.bias")),
            Tensors.Slice(matrix, queries, keys, all, model.Hidden, Name("attn_k.bias")),
            Tensors.Slice(matrix, queries + keys, values, all, model.Hidden, Name("attn_v.bias")),
        ];
    }

    /// <summary>Attention with a gate on its results, <c>attn_gate</c>, read from what attention reads: a number for each result or for
    /// each head.</summary>
    public Attention GatedAttention(AttentionFacts facts, bool perHead)
    {
        Linear[] projections = Projections(facts);
        int offset = projections.Sum(linear => linear.Outputs), results = checked(facts.Heads * facts.ValueSize);
        Linear gate = Linear("attn_gate", perHead ? facts.Heads : results, model.Hidden);
        return Attention(facts with { Attended = new AttentionGate(offset, facts.Heads, facts.ValueSize, perHead) }, [.. projections, gate]);
    }

    /// <summary>Root-mean-square norms of queries and of keys over their whole widths: <c>attn_q_norm</c>, <c>attn_k_norm</c>.</summary>
    public RowChange WholeNorms(AttentionFacts facts) => new NormedRow(new GroupedNorm(
        RmsNorm("attn_q_norm", checked(facts.Heads * facts.KeySize)), RmsNorm("attn_k_norm", checked(facts.KvHeads * facts.KeySize))));

    /// <summary>Attention with these matrices, and keys and values of its own.</summary>
    public Attention Attention(AttentionFacts facts, Linear[] projections, Linear output)
    {
        long needed = (facts.Layout ?? AttentionLayout.SideBySide(facts)).End(facts);
        if (projections.Sum(linear => (long)linear.Outputs) < needed)
            throw model.Bad("attention.head_count", $"queries, keys and values of layer {index} take {needed} numbers, more than are projected");
        return new(facts, projections, output, model.State.KeyValue(index, facts.KvHeads, facts.KeySize, facts.ValueSize));
    }

    /// <summary>A norm of every head with one weight.</summary>
    public HeadNorm HeadRmsNorm(string name) => new(RmsNorm(name, model.KeySize));

    /// <summary>A layer norm of every head with its own weight and perhaps bias, (heads, key size), where the file has it.</summary>
    public HeadNorm? OptionalHeadLayerNorms(string name, int heads, float? epsilon = null)
    {
        float* weight = Tensors.OptionalVector(Name(name + ".weight"), (long)heads * model.KeySize);
        float* bias = Tensors.OptionalVector(Name(name + ".bias"), (long)heads * model.KeySize);
        if (weight == null)
            return null;
        Norm[] norms = new Norm[heads];
        for (int i = 0; i < heads; i++)
        {
            long from = (long)i * model.KeySize;
            norms[i] = new LayerRowNorm(model.KeySize, weight + from, bias == null ? null : bias + from, epsilon ?? model.LayerEpsilon);
        }
        return new HeadNorm(norms);
    }

    /// <summary>The gated feed-forward network of the usual matrices: <c>ffn_gate</c>, <c>ffn_up</c>, <c>ffn_down</c>.</summary>
    /// <param name="activation">What the gate goes through.</param>
    /// <param name="size">Its width; 0: the usual key's.</param>
    /// <param name="suffix">What stands behind each name.</param>
    /// <param name="middle">A change of what goes into the last matrix; null: none.</param>
    public FeedForward GatedFeedForward(Activation activation, int size = 0, string suffix = "", RowChange? middle = null)
    {
        size = size == 0 ? FeedForwardSize : size;
        return new FeedForward(
            Matrices.Gated(Linear("ffn_gate" + suffix, size, model.Hidden), Linear("ffn_up" + suffix, size, model.Hidden), activation),
            Linear("ffn_down" + suffix, model.Hidden, size),
            middle);
    }

    /// <summary>The gated feed-forward network whose gate and up matrix are one, <c>ffn_up</c>, the gate first.</summary>
    public FeedForward FusedFeedForward(Activation activation, int size = 0, string suffix = "")
    {
        size = size == 0 ? FeedForwardSize : size;
        int both = model.Width(size, 2, "feed_forward_length");
        return new FeedForward(
            Matrices.Gated(Slice("ffn_up" + suffix, 0, size, both, model.Hidden), Slice("ffn_up" + suffix, size, size, both, model.Hidden), activation),
            Linear("ffn_down" + suffix, model.Hidden, size));
    }

    /// <summary>The feed-forward network without a gate: <c>ffn_up</c>, <c>ffn_down</c>.</summary>
    /// <param name="activation">What stands between the two.</param>
    /// <param name="size">Its width; 0: the usual key's.</param>
    /// <param name="middle">A change of the activation's results; null: none.</param>
    public FeedForward PlainFeedForward(Activation activation, int size = 0, RowChange? middle = null)
    {
        size = size == 0 ? FeedForwardSize : size;
        return new FeedForward(Matrices.Activated(Linear("ffn_up", size, model.Hidden), activation), Linear("ffn_down", model.Hidden, size), middle);
    }
}
