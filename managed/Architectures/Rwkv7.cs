using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>RWKV 7: each token changes the state of a head by the delta rule in general; and transformers whose attention became such a layer.
/// (Peng et al., 2025; Yueyu et al., 2025)</summary>
internal static unsafe class Rwkv7
{
    private const int MostInputs = 6;

    public static Architecture Family { get; } = new("rwkv7", Build);

    /// <summary>Qwen 2 with this in the place of attention.</summary>
    public static Architecture OfQwen2 { get; } = new("arwkv7", BuildOfQwen2);

    private static Network Build(ModelReader r) => r.Network(
        r.WideTokens(2),
        layer =>
        [
            .. layer.Index == 0 ? (Block[])[new StreamNorm(r.LayerNorm("token_embd_norm"))] : [],
            new Residual(layer.LayerNorm("attn_norm"), TimeMix(layer)),
            new Residual(layer.LayerNorm("attn_norm_2"), Rwkv6.ChannelMix(layer, gated: false)),
        ],
        new Exit(r.LayerNorm("output_norm"), r.Head()));

    private static Network BuildOfQwen2(ModelReader r) => r.Network(
        r.WideTokens(2),
        layer =>
        [
            new Residual(layer.RmsNorm("attn_norm"), TimeMix(layer)),
            new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
        ],
        new Exit(r.RmsNorm("output_norm"), r.Head()));

    private static Rwkv7TimeMix TimeMix(LayerReader layer)
    {
        ModelReader r = layer.Model;
        int size = Rwkv6.HeadSize(r), heads = r.Hidden / size;
        bool isGated = layer.Contains("time_mix_g1.weight") && layer.Contains("time_mix_g2.weight");
        Rwkv7Weights weights = new()
        {
            Mixes = Mixes(layer, isGated),
            Queries = layer.Linear("time_mix_receptance", r.Hidden, r.Hidden),
            Keys = layer.Linear("time_mix_key", r.Hidden, r.Hidden),
            Values = layer.Linear("time_mix_value", r.Hidden, r.Hidden),
            Decays = Rwkv6.LowRank(layer, "time_mix_w1", "time_mix_w2"),
            DecayBias = Rwkv6.Vector(layer, "time_mix_w0"),
            Rates = Rwkv6.LowRank(layer, "time_mix_a1", "time_mix_a2"),
            RateBias = Rwkv6.Vector(layer, "time_mix_a0"),
            FirstValues = layer.Index == 0 ? null : Rwkv6.LowRank(layer, "time_mix_v1", "time_mix_v2"),
            FirstValueBias = layer.Index == 0 ? null : Rwkv6.Vector(layer, "time_mix_v0"),
            Gate = isGated ? Rwkv6.LowRank(layer, "time_mix_g1", "time_mix_g2") : null,
            Removed = Rwkv6.Vector(layer, "time_mix_k_k"),
            KeyRates = Rwkv6.Vector(layer, "time_mix_k_a"),
            Bonus = Rwkv6.Vector(layer, "time_mix_r_k"),
            Norm = Rwkv6.HeadNorms(layer, size),
            Output = layer.Linear("time_mix_output", r.Hidden, r.Hidden),
        };
        return new Rwkv7TimeMix(heads, size, weights, Rwkv6.Shift(layer), layer.FixedState(ElementwiseScan.StateFloats(heads, size), "wkv.head_size"), r.Hidden);
    }

    // One for each input; without a gate files may leave the gate's out.
    private static float* Mixes(LayerReader layer, bool isGated)
    {
        string name = layer.Name("time_mix_lerp_fused.weight");
        long all = layer.Tensors.Shape(name).Aggregate(1L, (a, b) => checked(a * b));
        int inputs = isGated || all == (long)MostInputs * layer.Model.Hidden ? MostInputs : MostInputs - 1;
        return layer.Tensors.Vector(name, (long)inputs * layer.Model.Hidden);
    }
}
