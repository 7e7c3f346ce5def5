using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Laguna: normed heads whose results are gated by a softplus, sigmoid experts with a bias of the choice and a shared one, the
/// first layers dense; three of four layers see a window, and their positions are not stretched. (Poolside, 2026)</summary>
internal static class Laguna
{
    public static Architecture Family { get; } = new("laguna", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        RopeTable near = r.Rope(RopePairing.Halves, r.Int("rope.dimension_count_swa", 0), r.WindowRopeBase, scaled: false);
        SlidingWindow window = r.SlidingWindow(4, farFirst: true);
        int dense = r.DenseLayers;
        return r.Transformer(
            layer => Attention(
                layer, Qwen3.Facts(layer, window.Covers(layer.Index) ? near : rope) with { Sees = window.Sees(layer.Index) }),
            layer => layer.Index < dense ? layer.GatedFeedForward(Activation.Silu) : Mixture(r, layer, layer.ExpertSize()));
    }

    private static Attention Attention(LayerReader layer, AttentionFacts facts)
    {
        Linear[] projections = layer.Projections(facts);
        bool perHead = layer.Tensors.RowCount(layer.Name("attn_gate.weight")) == facts.Heads;
        int offset = projections.Sum(linear => linear.Outputs), results = checked(facts.Heads * facts.ValueSize);
        int gates = perHead ? facts.Heads : results;
        Linear gate = layer.Linear("attn_gate", gates, layer.Model.Hidden);
        return layer.Attention(facts with { Attended = new SoftplusGate(offset, gates, results / gates) }, [.. projections, gate]);
    }

    private static Branch Mixture(ModelReader r, LayerReader layer, int size)
    {
        int shared = r.Int("expert_shared_feed_forward_length", 0);
        return layer.WithShared(layer.GatedExperts(layer.DescribedRouting(RouterScore.Sigmoid), Activation.Silu, size), Activation.Silu,
            shared > 0 ? shared : r.Width(size, r.Int("expert_shared_count", 1), "expert_shared_count"));
    }
}
