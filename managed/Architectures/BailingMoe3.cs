using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Ling 3: delta nets with decays of elements that have a bound, latent attention with a gate for each head in some layers, experts with limited
/// activations. (Ling Team, 2026)</summary>
internal static class BailingMoe3
{
    public static Architecture Family { get; } = new("bailingmoe3", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        float bound = (float)r.Number("kda.gate_lower_bound", 0);
        if (!(bound < 0))
            throw r.Bad("kda.gate_lower_bound", $"{bound} is not below 0");
        int dense = r.DenseLayers;
        return r.Transformer(
            layer => layer.KvHeads == 0 ? layer.KimiDelta(bound) : Attention(layer, rope),
            layer => layer.Index < dense ? layer.GatedFeedForward(layer.CappedSwiglu("swiglu_clamp_shexp")) : Experts(r, layer));
    }

    private static LatentAttention Attention(LayerReader layer, RopeTable rope)
    {
        LatentShape shape = layer.LatentShape;
        return layer.LatentAttention(shape, layer.LatentFacts(shape) with { Rope = rope }, layer.Linear("attn_gate", shape.Heads, layer.Model.Hidden),
            at => new AttentionGate(at, shape.Heads, shape.Value, perHead: true));
    }

    private static Sum Experts(ModelReader r, LayerReader layer)
    {
        int size = layer.ExpertSize(), shared = r.Int("expert_shared_feed_forward_length", 0);
        if (shared == 0)
            shared = r.Width(size, Math.Max(1, r.Int("expert_shared_count", 0)), "expert_shared_count");
        return new Sum(
            layer.GatedExperts(layer.DescribedRouting(), layer.CappedSwiglu("swiglu_clamp_exp"), size),
            layer.SharedExpert(layer.CappedSwiglu("swiglu_clamp_shexp"), shared));
    }
}
