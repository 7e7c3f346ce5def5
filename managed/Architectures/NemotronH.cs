using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Nemotron-H and Nemotron 3: each layer is one part alone, a Mamba 2 mixer, attention without positions, or a network, dense or a mixture in a
/// narrower space. (NVIDIA, 2025)</summary>
internal static class NemotronH
{
    public static Architecture Family { get; } = new("nemotron_h", Build);

    public static Architecture Mixture { get; } = new("nemotron_h_moe", Build);

    private static Network Build(ModelReader r)
    {
        return r.Network(
            r.Tokens(),
            layer => [new Residual(layer.RmsNorm("attn_norm"), Part(r, layer))],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static Branch Part(ModelReader r, LayerReader layer)
    {
        if (layer.FeedForwardSize > 0)
            return r.ExpertCount == 0 ? layer.PlainFeedForward(Activation.ReluSquared) : Experts(r, layer);
        return layer.KvHeads == 0 ? layer.Mamba2() : layer.Attention(layer.Facts);
    }

    private static Branch Experts(ModelReader r, LayerReader layer)
    {
        Router router = layer.Router(layer.DescribedRouting() with { Score = RouterScore.Sigmoid });
        int count = r.ExpertCount, size = layer.ExpertSizeOrShare(), shared = r.Int("expert_shared_feed_forward_length", 0);
        bool isLatent = layer.Contains("ffn_latent_down.weight");
        int width = isLatent ? r.Int("moe_latent_size", r.Hidden) : r.Hidden;
        Matrices[] inner = [.. layer.ExpertLinears("ffn_up_exps", count, size, width).Select(linear => Matrices.Activated(linear, Activation.ReluSquared))];
        Branch experts = new Experts(router, inner, layer.ExpertLinears("ffn_down_exps", count, width, size), routed: isLatent);
        if (isLatent)
            experts = new LatentExperts(router, layer.Linear("ffn_latent_down", width, r.Hidden), experts, null, layer.Linear("ffn_latent_up", r.Hidden, width));
        return new Sum(experts, new FeedForward(Matrices.Activated(layer.Linear("ffn_up_shexp", shared, r.Hidden), Activation.ReluSquared),
            layer.Linear("ffn_down_shexp", r.Hidden, shared)));
    }
}
