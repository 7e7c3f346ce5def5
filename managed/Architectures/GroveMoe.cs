using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>GroveMoE: Qwen 3 with experts in groups, each group with a smaller expert that serves whoever one of them serves. (Wu et al.,
/// 2025)</summary>
internal static class GroveMoe
{
    public static Architecture Family { get; } = new("grovemoe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope)),
            layer => Mixture(r, layer, layer.ExpertSizeOrShare()));
    }

    private static GroveExperts Mixture(ModelReader r, LayerReader layer, int size)
    {
        int perGroup = (int)r.Range("experts_per_group", 1, Math.Max(1, r.ExpertCount)), groups = r.ExpertCount / perGroup;
        int adjugate = r.Int("expert_chunk_feed_forward_length", 0);
        adjugate = adjugate > 0 ? adjugate : r.KeySize;
        if (r.ExpertCount % perGroup != 0)
            throw r.Bad("experts_per_group", $"{perGroup} does not divide the {r.ExpertCount} experts");
        Router router = layer.Router(layer.Routing);
        return new GroveExperts(
            router,
            layer.Experts(router, Activation.Silu, size, routed: true),
            perGroup,
            layer.InnerMatrices(groups, Activation.Silu, adjugate, "_chexps"),
            layer.ExpertLinears("ffn_down_chexps", groups, r.Hidden, adjugate),
            (float)r.Number("expert_group_scale", 1));
    }
}
