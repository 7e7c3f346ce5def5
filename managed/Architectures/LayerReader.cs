using Realm.Branches;
using Realm.Passes;
using Realm.State;

namespace Realm.Architectures;

/// <summary>What a recipe reads a layer with: names stand behind <c>blk.N.</c>, and have the usual spelling unless given.</summary>
internal sealed unsafe partial class LayerReader(ModelReader model, int index)
{
    private readonly string _prefix = $"blk.{index}.";

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

    /// <summary>The linear map `name`.weight with its bias and scale where there are any.</summary>
    public Linear Linear(string name, int outputs, int inputs) => Tensors.Linear(_prefix + name, outputs, inputs);

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
            return new AttentionFacts
            {
                Heads = Heads,
                KvHeads = KvHeads,
                KeySize = model.KeySize,
                ValueSize = model.ValueSize,
                Scale = 1f / MathF.Sqrt(model.KeySize),
            };
        }
    }

    /// <summary>Attention with the usual matrices: <c>attn_q</c>, <c>attn_k</c>, <c>attn_v</c>, or all in <c>attn_qkv</c>; <c>attn_output</c>.</summary>
    public Attention Attention(AttentionFacts facts, string output = "attn_output")
    {
        int queries = facts.Heads * facts.KeySize, keys = facts.KvHeads * facts.KeySize, values = facts.KvHeads * facts.ValueSize;
        Linear[] projections = Contains("attn_qkv.weight")
            ? [Linear("attn_qkv", queries + keys + values, model.Hidden)]
            : [Linear("attn_q", queries, model.Hidden), Linear("attn_k", keys, model.Hidden), Linear("attn_v", values, model.Hidden)];
        return Attention(facts, projections, Linear(output, model.Hidden, facts.Heads * facts.ValueSize));
    }

    /// <summary>Attention with these matrices, and keys and values of its own.</summary>
    public Attention Attention(AttentionFacts facts, Linear[] projections, Linear output) =>
        new(facts, projections, output, model.State.KeyValue(index, facts.KvHeads, facts.KeySize, facts.ValueSize));

    /// <summary>A norm of every head with one weight.</summary>
    public HeadNorm HeadRmsNorm(string name) => new(RmsNorm(name, model.KeySize));

    /// <summary>The gated feed-forward network of the usual matrices: <c>ffn_gate</c>, <c>ffn_up</c>, <c>ffn_down</c>.</summary>
    public FeedForward GatedFeedForward(Activation activation, int size = 0, string suffix = "")
    {
        size = size == 0 ? FeedForwardSize : size;
        return new FeedForward(
            Matrices.Gated(Linear("ffn_gate" + suffix, size, model.Hidden), Linear("ffn_up" + suffix, size, model.Hidden), activation),
            Linear("ffn_down" + suffix, model.Hidden, size));
    }

    /// <summary>The feed-forward network without a gate: <c>ffn_up</c>, <c>ffn_down</c>.</summary>
    public FeedForward PlainFeedForward(Activation activation, int size = 0)
    {
        size = size == 0 ? FeedForwardSize : size;
        return new FeedForward(Matrices.Activated(Linear("ffn_up", size, model.Hidden), activation), Linear("ffn_down", model.Hidden, size));
    }

    /// <summary>Routing as the usual keys say: <c>expert_count</c>, <c>expert_used_count</c>, <c>expert_weights_scale</c>.</summary>
    public Routing Routing
    {
        get
        {
            int experts = model.ExpertCount;
            int used = (int)model.Range("expert_used_count", 1, Math.Max(1, experts));
            return new Routing { Experts = experts, Used = used, Scale = model.Positive("expert_weights_scale") ?? 1f };
        }
    }

    /// <summary>A mixture of gated networks with the usual tensors: <c>ffn_gate_inp</c>, <c>ffn_gate_exps</c>, <c>ffn_up_exps</c>, <c>ffn_down_exps</c>.</summary>
    public Experts GatedExperts(Routing routing, Activation activation, int size = 0)
    {
        size = size == 0 ? FeedForwardSize : size;
        Router router = new(Linear("ffn_gate_inp", routing.Experts, model.Hidden), routing);
        Linear[] gate = ExpertLinears("ffn_gate_exps", routing.Experts, size, model.Hidden), up = ExpertLinears("ffn_up_exps", routing.Experts, size, model.Hidden);
        Matrices[] inner = [.. gate.Zip(up, (g, u) => Matrices.Gated(g, u, activation))];
        return new Experts(router, inner, ExpertLinears("ffn_down_exps", routing.Experts, model.Hidden, size));
    }
}
