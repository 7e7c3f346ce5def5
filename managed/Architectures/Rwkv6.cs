using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>RWKV 6: no attention, a state for each head that decays as the token says; and transformers whose attention became such a layer.
/// (Peng et al., 2024; recursal, 2024)</summary>
internal static unsafe class Rwkv6
{
    // Epsilon of the norm of heads.
    private const float HeadEpsilon = 64e-5f;

    public static Architecture Family { get; } = new("rwkv6", Build);

    /// <summary>Qwen 2 with this in the place of attention.</summary>
    public static Architecture OfQwen2 { get; } = new("rwkv6qwen2", BuildOfQwen2);

    private static Network Build(ModelReader r) => r.Network(
        r.Tokens(),
        layer =>
        [
            .. layer.Index == 0 ? (Block[])[new StreamNorm(r.LayerNorm("token_embd_norm"))] : [],
            new Residual(layer.LayerNorm("attn_norm"), TimeMix(layer)),
            new Residual(layer.LayerNorm("attn_norm_2"), ChannelMix(layer, gated: true)),
            .. Halves(r, layer.Index) ? (Block[])[new Scaled(0.5f, r.Hidden)] : [],
        ],
        new Exit(r.LayerNorm("output_norm"), r.Head()));

    private static Network BuildOfQwen2(ModelReader r) => r.Network(
        r.Tokens(),
        layer =>
        [
            new Residual(layer.RmsNorm("attn_norm"), TimeMix(layer)),
            new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
        ],
        new Exit(r.RmsNorm("output_norm"), r.Head()));

    // So that half precision holds deep networks' numbers.
    private static bool Halves(ModelReader r, int layer) => r.Int("rescale_every_n_layers", 0) is > 0 and int every && (layer + 1) % every == 0;

    /// <summary>Elements of a head, of which the hidden size holds a whole number.</summary>
    public static int HeadSize(ModelReader r)
    {
        const string Key = "wkv.head_size";
        int size = (int)r.Range(Key, 1, r.Hidden);
        return r.Hidden % size == 0 ? size : throw r.Bad(Key, $"{size} does not divide the hidden size {r.Hidden}");
    }

    /// <summary>A norm of each head's results, where the file has it.</summary>
    public static Norm? HeadNorms(LayerReader layer, int size)
    {
        int hidden = layer.Model.Hidden;
        float* weight = layer.Tensors.OptionalVector(layer.Name("time_mix_ln.weight"), hidden), bias = layer.Tensors.OptionalVector(layer.Name("time_mix_ln.bias"), hidden);
        return weight == null || bias == null ? null : new GroupedNorm([.. Enumerable.Range(0, hidden / size)
            .Select(head => new LayerRowNorm(size, weight + (long)head * size, bias + (long)head * size, HeadEpsilon))]);
    }

    /// <summary>The row before, as a part of a layer sees it.</summary>
    public static TokenShift Shift(LayerReader layer) => new(layer.Model.Hidden, layer.FixedState(layer.Model.Hidden, "embedding_length"));

    /// <summary>The feed-forward network with the usual names.</summary>
    public static ChannelMix ChannelMix(LayerReader layer, bool gated)
    {
        int hidden = layer.Model.Hidden;
        return new(Shift(layer), Vector(layer, "channel_mix_lerp_k"), layer.Linear("channel_mix_key", layer.FeedForwardSize, hidden),
            layer.Linear("channel_mix_value", hidden, layer.FeedForwardSize), gated ? Vector(layer, "channel_mix_lerp_r") : null,
            gated ? layer.Linear("channel_mix_receptance", hidden, hidden) : null);
    }

    /// <summary>A vector as wide as the stream.</summary>
    public static float* Vector(LayerReader layer, string name) => layer.Tensors.Vector(layer.Name(name + ".weight"), layer.Model.Hidden);

    /// <summary>The two matrices of a low-rank map.</summary>
    public static (Linear Down, Linear Up) LowRank(LayerReader layer, string down, string up)
    {
        int rank = layer.Tensors.RowCount(layer.Name(down + ".weight"));
        return (layer.Linear(down, rank, layer.Model.Hidden), layer.Linear(up, layer.Model.Hidden, rank));
    }

    private static Rwkv6TimeMix TimeMix(LayerReader layer)
    {
        ModelReader r = layer.Model;
        int size = HeadSize(r), heads = r.Hidden / size, kvHeads = layer.KvHeads == 0 ? heads : layer.KvHeads;
        if (kvHeads > heads || heads % kvHeads != 0)
            throw r.Bad("attention.head_count_kv", $"{kvHeads} does not divide the {heads} heads of layer {layer.Index}");
        int rank = layer.Tensors.RowCount(layer.Name("time_mix_w1.weight")) / 5;
        Rwkv6Weights weights = new()
        {
            Mix = Vector(layer, "time_mix_lerp_x"),
            Mixes = Mixes(layer),
            MixDown = layer.Linear("time_mix_w1", checked(5 * rank), r.Hidden),
            MixUp = layer.ExpertLinears("time_mix_w2", 5, r.Hidden, rank),
            Queries = layer.Linear("time_mix_receptance", r.Hidden, r.Hidden),
            Keys = layer.Linear("time_mix_key", checked(kvHeads * size), r.Hidden),
            Values = layer.Linear("time_mix_value", checked(kvHeads * size), r.Hidden),
            Gate = layer.Linear("time_mix_gate", r.Hidden, r.Hidden),
            Decays = LowRank(layer, "time_mix_decay_w1", "time_mix_decay_w2"),
            DecayBias = Vector(layer, "time_mix_decay"),
            Bonus = layer.Tensors.OptionalVector(layer.Name("time_mix_first.weight"), r.Hidden),
            Norm = HeadNorms(layer, size),
            Output = layer.Linear("time_mix_output", r.Hidden, r.Hidden),
        };
        return new Rwkv6TimeMix(heads, kvHeads, size, weights, Shift(layer), layer.FixedState(ElementwiseScan.StateFloats(heads, size), "wkv.head_size"));
    }

    // One tensor for all, or older files' one for each.
    private static float*[] Mixes(LayerReader layer)
    {
        float*[] mixes = new float*[5];
        float* fused = layer.Tensors.OptionalVector(layer.Name("time_mix_lerp_fused.weight"), 5L * layer.Model.Hidden);
        for (int i = 0; i < mixes.Length; i++)
            mixes[i] = fused != null ? fused + (long)i * layer.Model.Hidden : Vector(layer, "time_mix_lerp_" + "wkvrg"[i]);
        return mixes;
    }
}
