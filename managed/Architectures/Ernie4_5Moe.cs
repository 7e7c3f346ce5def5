using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>ERNIE 4.5 with experts in every n-th layer but the first ones, and shared ones. (Baidu, 2025)</summary>
internal static class Ernie4_5Moe
{
    public static Architecture Family { get; } = new("ernie4_5-moe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        int dense = r.DenseLayers, step = (int)r.Range("interleave_moe_layer_step", 1, ModelReader.MaxWidth);
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope }),
            layer => layer.Index >= dense && (layer.Index + 1) % step == 0 ? Mixture(r, layer) : layer.GatedFeedForward(Activation.Silu));
    }

    private static Branch Mixture(ModelReader r, LayerReader layer)
    {
        Routing routing = layer.Routing with { SelectionBias = layer.SelectionBias(r.ExpertCount) };
        return layer.WithShared(
            layer.GatedExperts(routing, Activation.Silu, layer.ExpertSize()), Activation.Silu, r.Int("expert_shared_feed_forward_length", 0));
    }
}
