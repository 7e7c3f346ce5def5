using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Granite 3 and 4, and its mixtures: Llama whose embedding, scores, residual branches and logits have scales. (IBM Research,
/// 2024)</summary>
internal static class Granite
{
    public static Architecture Family { get; } = new("granite", Build);

    private static Network Build(ModelReader r)
    {
        // Models that were trained without positions say so by this.
        RopeTable? rope = r.Flag("rope.scaling.finetuned", otherwise: true) ? r.Rope(RopePairing.Neighbours, factors: r.RopeFactors) : null;
        return Network(r, Scales(r), layer => layer.Facts with { Rope = rope });
    }

    /// <summary>The four scales of the file.</summary>
    public static GraniteScales Scales(ModelReader r) => new(
        r.Positive("embedding_scale") ?? 1f,
        r.Positive("residual_scale") ?? 1f,
        r.Positive("attention.scale"),
        1f / (r.Positive("logit_scale") ?? throw r.Bad("logit_scale", "it is 0 or missing")));

    /// <summary>The network with these scales and this attention.</summary>
    public static Network Network(ModelReader r, GraniteScales scales, Func<LayerReader, AttentionFacts> attention) => r.Transformer(
        layer => Attention(layer, attention(layer), scales),
        FeedForward,
        embeddingScale: scales.Embedding,
        residualScale: scales.Residual,
        logitScale: scales.Logits);

    private static Attention Attention(LayerReader layer, AttentionFacts facts, GraniteScales scales) =>
        layer.Attention(facts with { Scale = scales.Scores ?? facts.Scale });

    private static Branch FeedForward(LayerReader layer)
    {
        if (layer.Model.ExpertCount == 0)
            return layer.GatedFeedForward(Activation.Silu);
        Experts experts = layer.GatedExperts(layer.Routing, Activation.Silu);
        int shared = layer.Model.Int("expert_shared_feed_forward_length", 0);
        if (shared == 0)
            return experts;
        return layer.Contains("ffn_gate_shexp.weight")
            ? new Sum(experts, layer.GatedFeedForward(Activation.Silu, shared, "_shexp"))
            : new Sum(experts, layer.FusedFeedForward(Activation.Silu, shared, "_shexp"));
    }
}

/// <summary>What embeddings, residual branches, scores (null: as usual) and logits are multiplied with.</summary>
internal readonly record struct GraniteScales(float Embedding, float Residual, float? Scores, float Logits);
