using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Granite 4 hybrid: a Mamba 2 mixer in most layers, attention in some; Granite's scales; dense or mixed networks with a shared expert.
/// (IBM, 2025)</summary>
internal static class GraniteHybrid
{
    public static Architecture Family { get; } = new("granitehybrid", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable? rope = r.Flag("rope.scaling.finetuned", true) ? r.Rope(RopePairing.Neighbours, factors: r.RopeFactors) : null;
        float residual = r.Positive("residual_scale") ?? 1f;
        float? scale = r.Positive("attention.scale");
        return r.Network(
            r.Tokens(r.Positive("embedding_scale") ?? 1f),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), Mixer(layer, rope, scale), scale: residual),
                new Residual(layer.RmsNorm("ffn_norm"), FeedForward(r, layer), scale: residual),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head(), scale: 1f / (r.Positive("logit_scale") ?? 1f)));
    }

    private static Branch Mixer(LayerReader layer, RopeTable? rope, float? scale) => layer.KvHeads == 0
        ? layer.Mamba2()
        : layer.Attention(layer.Facts with { Rope = rope, Scale = scale ?? layer.Facts.Scale });

    private static Branch FeedForward(ModelReader r, LayerReader layer)
    {
        if (r.ExpertCount == 0)
            return layer.GatedFeedForward(Activation.Silu);
        Branch experts = layer.GatedExperts(layer.Routing, Activation.Silu);
        int shared = r.Int("expert_shared_feed_forward_length", 0);
        return shared == 0 ? experts : new Sum(experts, layer.GatedFeedForward(Activation.Silu, shared, "_shexp"));
    }
}
