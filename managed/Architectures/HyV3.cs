using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Hunyuan 3: normed heads, sigmoid routing with a bias of the choice, a shared expert; layers without a router are dense.
/// (Tencent, 2025)</summary>
internal static class HyV3
{
    public static Architecture Family { get; } = new("hy_v3", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope)),
            layer => layer.Contains("ffn_gate_inp.weight")
                ? Mixture(r, layer, layer.ExpertSizeOrShare())
                : layer.GatedFeedForward(Activation.Silu));
    }

    private static Branch Mixture(ModelReader r, LayerReader layer, int size)
    {
        int shared = r.Int("expert_shared_feed_forward_length", 0);
        return layer.WithShared(
            layer.GatedExperts(layer.DescribedRouting(RouterScore.Sigmoid), Activation.Silu, size),
            Activation.Silu,
            shared > 0 ? shared : size);
    }
}
