using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>LFM2 and its mixtures: gated short convolutions in most layers, attention with normed heads in some. (Liquid AI, 2025)</summary>
internal static class Lfm2
{
    public static Architecture Family { get; } = new("lfm2", r => Build(r, int.MaxValue));

    /// <summary>Layers behind the first few are mixtures.</summary>
    public static Architecture Mixture { get; } = new("lfm2moe", r => Build(r, r.Int("leading_dense_block_count", 0)));

    private static Network Build(ModelReader r, int dense)
    {
        r.RequireCausal("whose convolutions go back only");
        RopeTable rope = r.Rope(RopePairing.Halves);
        int window = dense == int.MaxValue ? r.Int("attention.sliding_window", 0) : 0;
        Visibility sees = window > 0 ? Visibility.Window(window) : Visibility.Causal;
        int taps = (int)r.Range("shortconv.l_cache", 2, 1 << 10);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.KvHeads > 0
                    ? layer.Attention(Qwen3.Facts(layer, rope) with { Sees = sees })
                    : new ShortConv(layer.Linear("shortconv.in_proj", checked(3 * r.Hidden), r.Hidden), layer.Conv("shortconv.conv", r.Hidden, taps, null),
                        layer.Linear("shortconv.out_proj", r.Hidden, r.Hidden))),
                new Residual(layer.RmsNorm("ffn_norm"), layer.Index < dense ? layer.GatedFeedForward(Activation.Silu) : Experts(r, layer)),
            ],
            new Exit(r.RmsNorm("token_embd_norm"), r.Head()));
    }

    private static Branch Experts(ModelReader r, LayerReader layer) => layer.GatedExperts(
        layer.Routing with
        {
            Score = r.RouterScore(),
            SelectionBias = layer.Tensors.OptionalValues(layer.Name("exp_probs_b.bias"), r.ExpertCount),
        },
        Activation.Silu, r.PerLayer("expert_feed_forward_length", 0)[layer.Index]);
}
