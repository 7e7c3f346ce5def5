using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>K-EXAONE: normed heads; three of four layers see a window and turn heads, the others do neither; sigmoid or softmax experts
/// with a shared one, the first layers dense. (LG AI Research, 2026)</summary>
internal static class ExaoneMoe
{
    public static Architecture Family { get; } = new("exaone-moe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, factors: r.RopeFactors);
        SlidingWindow window = r.SlidingWindow(4);
        int dense = r.DenseLayers;
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope) with
            {
                Rope = window.Covers(layer.Index) ? rope : null,
                Sees = window.Sees(layer.Index),
            }),
            layer => layer.Index < dense ? layer.GatedFeedForward(Activation.Silu) : Mixture(r, layer, layer.ExpertSize()));
    }

    private static Branch Mixture(ModelReader r, LayerReader layer, int size)
    {
        int shared = r.Int("expert_shared_feed_forward_length", 0);
        return layer.WithShared(
            layer.GatedExperts(layer.DescribedRouting(), Activation.Silu, size), Activation.Silu, shared > 0 ? shared : size);
    }
}
