using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>GLM 4.5 to 4.7: sigmoid routing with a bias of the choice, shared experts, dense layers first. (GLM-4.5 Team, 2025)</summary>
internal static class Glm4Moe
{
    public static Architecture Family { get; } = new("glm4moe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.HasRopeSections ? r.MultiRope(interleaved: false) : r.Rope(RopePairing.Halves);
        int dense = r.DenseLayers, shared = r.Int("expert_shared_count");
        return r.Transformer(
            layer => layer.Attention(layer.Facts with
            {
                Rope = rope,
                QueryNorm = layer.Contains("attn_q_norm.weight") ? layer.HeadRmsNorm("attn_q_norm") : null,
                KeyNorm = layer.Contains("attn_k_norm.weight") ? layer.HeadRmsNorm("attn_k_norm") : null,
            }),
            layer => layer.Index < dense ? layer.GatedFeedForward(Activation.Silu) : Mixture(r, layer, layer.ExpertSizeOrShare(), shared),
            secondNorm: "post_attention_norm");
    }

    private static Branch Mixture(ModelReader r, LayerReader layer, int size, int shared) => layer.WithShared(
        layer.GatedExperts(layer.DescribedRouting(RouterScore.Sigmoid), Activation.Silu, size),
        Activation.Silu,
        r.Width(size, shared, "expert_shared_count"));
}
