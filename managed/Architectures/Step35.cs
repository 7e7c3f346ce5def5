using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Step 3.5: windows with heads and positions of their own, gated heads, of far layers half of what turns elsewhere, sigmoid experts beside a
/// shared one, SwiGLU with limits. (StepFun, 2026)</summary>
internal static class Step35
{
    public static Architecture Family { get; } = new("step35", Build);

    private static Network Build(ModelReader r)
    {
        int turned = r.Int("rope.dimension_count", r.KeySize), size = r.Int("expert_shared_feed_forward_length", 0);
        SlidingWindow window = r.SlidingWindow(every: 0);
        RopeTable near = r.WindowRope(dimensions: r.Int("rope.dimension_count_swa", turned));
        RopeTable far = r.Rope(RopePairing.Halves, turned / 2, factors: Factors(r, turned));
        return r.Transformer(
            layer =>
            {
                AttentionFacts facts = layer.Facts with
                {
                    Rope = window.Covers(layer.Index) ? near : far,
                    Sees = window.Sees(layer.Index),
                    QueryNorm = layer.Contains("attn_q_norm.weight") ? layer.HeadRmsNorm("attn_q_norm") : null,
                    KeyNorm = layer.Contains("attn_k_norm.weight") ? layer.HeadRmsNorm("attn_k_norm") : null,
                };
                return layer.Contains("attn_gate.weight") ? layer.GatedAttention(facts, perHead: true) : layer.Attention(facts);
            },
            layer => layer.Contains("ffn_gate_inp.weight")
                ? new Sum(
                    layer.GatedExperts(layer.DescribedRouting(RouterScore.Sigmoid), layer.CappedSwiglu("swiglu_clamp_exp"), layer.ExpertSize()),
                    layer.SharedExpert(layer.CappedSwiglu("swiglu_clamp_shexp"), size))
                : layer.GatedFeedForward(layer.CappedSwiglu("swiglu_clamp_shexp")));
    }

    // Of far layers alone; the file has them for as many pairs as turn in any layer.
    private static RopeFactors? Factors(ModelReader r, int turned)
    {
        const string Name = "rope_freqs.weight";
        if (!r.Tensors.Contains(Name))
            return null;
        int pairs = (int)Math.Min(r.Tensors.Shape(Name)[0], ModelReader.MaxWidth);
        float[] all = r.Tensors.Values(Name, pairs);
        return pairs >= turned / 4 ? new RopeFactors(all[..(turned / 4)], null) : throw r.Bad("rope.dimension_count", $"{Name} has factors for {pairs} pairs");
    }
}
