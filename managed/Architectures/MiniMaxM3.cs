using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>MiniMax M3: normed heads of which a part turns, gpt-oss's SwiGLU, experts beside shared ones, the first layers dense. Attention sees the
/// blocks of keys that an indexer has chosen, which are all up to their number: the context ends where the choice would begin. (MiniMax, 2026)</summary>
internal static class MiniMaxM3
{
    public static Architecture Family { get; } = new("minimax-m3", Build);

    private static Network Build(ModelReader r)
    {
        long blocks = r.Range("attention.indexer.top_k", 1, int.MaxValue), size = r.Range("attention.indexer.block_size", 1, int.MaxValue);
        r.LimitContext((int)Math.Min(checked(blocks * size), int.MaxValue));
        RopeTable rope = r.Rope(RopePairing.Halves);
        int dense = r.DenseLayers, shared = r.Int("expert_shared_count");
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope)),
            layer => layer.Index < dense
                ? layer.GatedFeedForward(Activation.SwigluOai)
                : layer.WithShared(layer.GatedExperts(layer.DescribedRouting(), Activation.SwigluOai, layer.ExpertSize()), Activation.SwigluOai,
                    r.Width(layer.ExpertSize(), shared, "expert_shared_count")));
    }
}
