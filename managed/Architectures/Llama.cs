using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>LLaMA 1 to 3, Mistral, Mixtral, SmolLM and all who took their shape: norms before, rotary positions, grouped queries, a gated
/// network or a mixture of them. (Touvron et al., 2023; Jiang et al., 2024)</summary>
internal static class Llama
{
    public static Architecture Family { get; } = new("llama", Build);

    private static Network Build(ModelReader r)
    {
        if (r.Int("rope.dimension_count", r.KeySize) != r.KeySize)
            throw r.Bad("rope.dimension_count", $"{r.Int("rope.dimension_count")} is not the head size {r.KeySize}");
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                new Residual(layer.RmsNorm("ffn_norm"), FeedForward(r, layer)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static Branch FeedForward(ModelReader r, LayerReader layer) =>
        r.ExpertCount > 0 ? layer.GatedExperts(layer.Routing, Activation.Silu) : layer.GatedFeedForward(Activation.Silu);
}
