using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Command A with experts: attention beside the feed-forward network on one norm; three of four layers see a window and turn
/// heads, the others, but for the first dense ones, do not; experts and a shared one are averaged. (Cohere, 2026)</summary>
internal static class Cohere2Moe
{
    public static Architecture Family { get; } = new("cohere2moe", Build);

    private static Network Build(ModelReader r)
    {
        bool rms = r.Number("attention.layer_norm_rms_epsilon", 0) != 0;
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        SlidingWindow window = r.SlidingWindow(4, farFirst: true);
        int dense = r.DenseLayers;
        return r.Network(
            r.Tokens(),
            layer =>
            {
                Norm norm = rms ? layer.RmsNorm("attn_norm") : layer.LayerNorm("attn_norm");
                AttentionFacts facts = layer.Facts with
                {
                    Rope = window.Covers(layer.Index) || layer.Index < dense ? rope : null,
                    Sees = window.Sees(layer.Index),
                };
                Branch feedForward = layer.Index < dense ? layer.GatedFeedForward(Activation.Silu)
                    : Mixture(r, layer, layer.ExpertSize(layer.FeedForwardSize));
                return [new ParallelResidual((norm, layer.Attention(facts)), (norm, feedForward))];
            },
            new Exit(rms ? r.RmsNorm("output_norm") : r.LayerNorm("output_norm"), r.Head(), r.Positive("logit_scale") ?? 1f));
    }

    private static Branch Mixture(ModelReader r, LayerReader layer, int size)
    {
        Routing routing = layer.DescribedRouting(RouterScore.Sigmoid) with { SelectionBias = null };
        Experts experts = layer.GatedExperts(routing, Activation.Silu, size);
        int shared = r.Int("expert_shared_count", 0), width = r.Int("expert_shared_feed_forward_length", 0);
        return shared == 0 ? experts
            : new Sum(0.5f, experts, layer.SharedExpert(Activation.Silu, width > 0 ? width : r.Width(size, shared, "expert_shared_count")));
    }
}
