using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Hunyuan with experts: heads are normed after they turned, one shared expert. (Tencent, 2024)</summary>
internal static class HunyuanMoe
{
    public static Architecture Family { get; } = new("hunyuan-moe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        int shared = r.Int("expert_shared_feed_forward_length", 0);
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope) with { NormsAfterTurn = true }),
            layer => layer.WithShared(
                layer.GatedExperts(layer.Routing, Activation.Silu), Activation.Silu, shared > 0 ? shared : layer.FeedForwardSize));
    }
}
