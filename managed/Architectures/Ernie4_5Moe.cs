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
        int dense = r.DenseLayers, step = (int)r.Range("interleave_moe_layer_step", 1, ModelReader.MaxWidth), shared = r.Int("expert_shared_feed_forward_length", 0);
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Transformer(layer => layer.Attention(layer.Facts with { Rope = rope }), layer => layer.Index < dense || (layer.Index + 1) % step != 0
            ? layer.GatedFeedForward(Activation.Silu)
            : layer.WithShared(
                layer.GatedExperts(layer.Routing with { SelectionBias = layer.SelectionBias(r.ExpertCount) }, Activation.Silu, layer.ExpertSize()), Activation.Silu, shared));
    }
}
