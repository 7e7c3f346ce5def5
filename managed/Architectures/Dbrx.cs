using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>DBRX: layer norms, queries, keys and values clamped, experts in all layers. (Mosaic Research, 2024)</summary>
internal static class Dbrx
{
    public static Architecture Family { get; } = new("dbrx", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        float? limit = r.Positive("attention.clamp_kqv");
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.LayerNorm("attn_norm"),
                    layer.Attention(layer.Facts with { Rope = rope, Projected = Clamped(layer.Facts, limit) })),
                new Residual(layer.LayerNorm("attn_output_norm"), layer.GatedExperts(layer.Routing, Activation.Silu)),
            ],
            new Exit(r.LayerNorm("output_norm"), r.Head()));
    }

    private static ClampedRow? Clamped(AttentionFacts facts, float? limit) =>
        limit is { } most ? new ClampedRow(checked(facts.Heads * facts.KeySize + facts.KvHeads * (facts.KeySize + facts.ValueSize)), most) : null;
}
