using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Ling 2: normed heads, experts in groups with a bias of the choice, shared experts, the first layers dense. (Ling Team,
/// 2025)</summary>
internal static class BailingMoe2
{
    public static Architecture Family { get; } = new("bailingmoe2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        int dense = r.DenseLayers;
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope)),
            layer => layer.Index < dense ? layer.GatedFeedForward(Activation.Silu) : Mixture(r, layer, layer.ExpertSize()));
    }

    private static Branch Mixture(ModelReader r, LayerReader layer, int size)
    {
        int each = r.Int("expert_shared_feed_forward_length", 0);
        return layer.WithShared(layer.GatedExperts(layer.DescribedRouting(), Activation.Silu, size), Activation.Silu,
            r.Width(each > 0 ? each : size, r.Int("expert_shared_count"), "expert_shared_count"));
    }
}
