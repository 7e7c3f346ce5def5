using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Grok: scores capped, norms before and behind each part, experts with GELU, in Grok 2 averaged with a dense network. (xAI,
/// 2024)</summary>
internal static class Grok
{
    // Of Grok 1, whose files do not say.
    private const double LogitScale = 0.5773502691896257, EmbeddingScale = 78.38367176906169, ScoreScale = 0.08838834764831845,
        ScoreCap = 30;

    private const float RootOfHalf = 0.70710678f;

    public static Architecture Family { get; } = new("grok", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, magnitude: r.Extrapolation == 0 ? r.Number("rope.scaling.yarn_attn_factor", 1) : 1);
        float scale = (float)r.Number("attention.output_scale", ScoreScale), cap = (float)r.Number("attn_logit_softcapping", ScoreCap);
        if (!(cap > 0))
            throw r.Bad("attn_logit_softcapping", $"{cap} is not positive");
        return r.Network(
            r.Tokens((float)r.Number("embedding_scale", EmbeddingScale)),
            layer =>
            [
                new Residual(
                    layer.RmsNorm("attn_norm"),
                    layer.Attention(layer.Facts with { Rope = rope, Scale = scale, Score = ScoreRule.Cap(cap) }),
                    layer.RmsNorm("attn_output_norm")),
                new Residual(
                    layer.RmsNorm("ffn_norm"),
                    FeedForward(layer),
                    layer.RmsNorm(layer.Contains("layer_output_norm.weight") ? "layer_output_norm" : "post_ffw_norm")),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head(), (float)r.Number("logit_scale", LogitScale),
                r.Positive("final_logit_softcapping")));
    }

    private static Branch FeedForward(LayerReader layer)
    {
        Experts experts = layer.GatedExperts(layer.Routing, Activation.GeluTanh, layer.ExpertSize(layer.FeedForwardSize));
        return layer.Contains("ffn_up.weight") ? new Sum(RootOfHalf, experts, layer.GatedFeedForward(Activation.GeluTanh)) : experts;
    }
}
