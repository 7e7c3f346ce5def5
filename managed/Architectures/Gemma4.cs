using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Architectures;

/// <summary>Gemma 4: most layers look through a window, with heads and positions of their own; values are normed; the last layers borrow the keys of an
/// earlier one; each layer adds an embedding of the token of its own; networks may have a mixture beside them. (Gemma Team, 2026)</summary>
internal static unsafe class Gemma4
{
    public static Architecture Family { get; } = new("gemma4", Build);

    private static Network Build(ModelReader r)
    {
        SlidingWindow window = r.SlidingWindow(every: 6);
        RopeTable far = r.Rope(RopePairing.Halves, factors: r.RopeFactors);
        RopeTable near = r.WindowRope(dimensions: r.Int("rope.dimension_count_swa", 0));
        int size = r.Int("embedding_length_per_layer_input", 0), own = r.Layers - r.Int("attention.shared_kv_layers", 0);
        if (own < (own == r.Layers ? 0 : 2))
            throw r.Bad("attention.shared_kv_layers", $"{r.Layers - own} of {r.Layers} layers: at least two must have keys of their own");
        KeyValueSlot[] slots = new KeyValueSlot[r.Layers];
        return r.Network(
            size == 0 ? r.Tokens(MathF.Sqrt(r.Hidden)) : LayerTokens(r, size),
            layer =>
            [
                .. size > 0 && layer.Index == 0 ? (Block[])[Projection(r, size)] : [],
                new Residual(layer.RmsNorm("attn_norm"), Attention(layer, window, window.Covers(layer.Index) ? near : far, Size(r, window, layer), own, slots),
                    layer.RmsNorm("post_attention_norm")),
                Network(r, layer),
                .. size > 0 ? (Block[])[Embedding(r, layer, size)] : [],
                .. layer.Tensors.OptionalValues(layer.Name("layer_output_scale.weight"), 1) is [float scale] ? (Block[])[new Scaled(scale, r.Hidden)] : [],
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head(), cap: Gemma2.Cap(r, "final_logit_softcapping", 30)));
    }

    private static int Size(ModelReader r, SlidingWindow window, LayerReader layer) =>
        window.Covers(layer.Index) ? r.Int("attention.key_length_swa", r.KeySize) : r.KeySize;

    /// <summary>Attention with normed queries, keys and values, and a scale of one.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="window">Which layers look through a window.</param>
    /// <param name="rope">The layer's positions.</param>
    /// <param name="size">Elements of the layer's queries, keys and values.</param>
    /// <param name="own">The first layer that borrows keys and values: of the last layer of its kind that doesn't.</param>
    /// <param name="slots">The slots of the layers before.</param>
    public static Attention Attention(LayerReader layer, SlidingWindow window, RopeTable rope, int size, int own, KeyValueSlot[] slots)
    {
        ModelReader r = layer.Model;
        bool isNear = window.Covers(layer.Index);
        AttentionFacts facts = layer.Facts with
        {
            KeySize = size,
            ValueSize = size,
            Scale = 1f,
            Rope = rope,
            Sees = window.Sees(layer.Index),
            QueryNorm = new HeadNorm(layer.RmsNorm("attn_q_norm", size)),
        };
        if (rope.Config.Dimensions > size)
            throw r.Bad("rope.dimension_count_swa", $"{rope.Config.Dimensions} elements of a head of {size}");
        int queries = r.Width(facts.Heads, size, "attention.head_count"), keys = checked(facts.KvHeads * size);
        Linear output = layer.Linear("attn_output", r.Hidden, queries);
        if (layer.Index >= own)
        {
            KeyValueSlot lent = slots[own - (isNear ? 2 : 1)];
            if (lent.KeySize != size || lent.Heads != facts.KvHeads)
                throw r.Bad("attention.shared_kv_layers", $"layer {layer.Index} can't borrow keys of another size");
            return new Attention(facts with { BorrowsKeys = true }, [layer.Linear("attn_q", queries, r.Hidden)], output, r.State.Borrow(layer.Index, lent));
        }
        slots[layer.Index] = r.State.KeyValue(layer.Index, facts.KvHeads, size, size);
        facts = facts with { KeyNorm = new HeadNorm(layer.RmsNorm("attn_k_norm", size)), ValueNorm = new HeadNorm(r.BareRmsNorm(size)) };
        return new Attention(facts, Projections(layer, queries, keys), output, slots[layer.Index]);
    }

    // Where there is no matrix of values, they are the keys, before these are normed.
    private static Linear[] Projections(LayerReader layer, int queries, int keys)
    {
        int hidden = layer.Model.Hidden;
        if (layer.Contains("attn_qkv.weight"))
            return [layer.Linear("attn_qkv", checked(queries + 2 * keys), hidden)];
        Linear key = layer.Linear("attn_k", keys, hidden);
        return [layer.Linear("attn_q", queries, hidden), key, layer.Contains("attn_v.weight") ? layer.Linear("attn_v", keys, hidden) : key];
    }

    private static Block Network(ModelReader r, LayerReader layer)
    {
        Norm before = layer.RmsNorm("ffn_norm"), after = layer.RmsNorm("post_ffw_norm");
        FeedForward dense = layer.GatedFeedForward(Activation.GeluTanh);
        if (!layer.Contains("ffn_gate_inp.weight"))
            return new Residual(before, dense, after);
        Router router = new(new Linear(layer.Tensors.Matrix(layer.Name("ffn_gate_inp.weight"), r.ExpertCount, r.Hidden), 1f, null), layer.Routing);
        Experts experts = layer.Experts(router, Activation.GeluTanh, layer.ExpertSize(), routed: true);
        return new RoutedAhead(router, RouterNorm(r, layer), new NormedBranches(after,
            (before, dense, layer.RmsNorm("post_ffw_norm_1")),
            (layer.RmsNorm("pre_ffw_norm_2"), experts, layer.RmsNorm("post_ffw_norm_2"))));
    }

    // The router reads the stream normed, by weights of its own and 1/sqrt(hidden).
    private static RmsRowNorm RouterNorm(ModelReader r, LayerReader layer)
    {
        float* given = layer.Tensors.Vector(layer.Name("ffn_gate_inp.scale"), r.Hidden), weights = layer.Tensors.Room(r.Hidden);
        for (int i = 0; i < r.Hidden; i++)
            weights[i] = given[i] / MathF.Sqrt(r.Hidden);
        return new RmsRowNorm(r.Hidden, weights, r.RmsEpsilon);
    }

    /// <summary>Tokens' rows, of so many streams, with the embeddings of all layers behind them.</summary>
    public static LayerEmbeddings.TokenEntry LayerTokens(ModelReader r, int size, int streams = 1) => new(
        r.Tensors.Rows("token_embd.weight", r.Hidden), MathF.Sqrt(r.Hidden),
        r.Tensors.Rows("per_layer_token_embd.weight", r.Width(size, r.Layers, "embedding_length_per_layer_input")), MathF.Sqrt(size), streams);

    /// <summary>What is added to these embeddings before the first layer.</summary>
    public static LayerEmbeddings.Projected Projection(ModelReader r, int size, int streams = 1) => new(
        r.Linear("per_layer_model_proj", r.Width(size, r.Layers, "embedding_length_per_layer_input"), r.Hidden), 1f / MathF.Sqrt(r.Hidden),
        r.RmsNorm("per_layer_proj_norm", size), streams);

    private static LayerEmbeddings.Added Embedding(ModelReader r, LayerReader layer, int size) => new(
        layer.Linear("inp_gate", size, r.Hidden), Activation.GeluTanh, layer.Linear("proj", r.Hidden, size), layer.RmsNorm("post_norm"), layer.Index);
}
