using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>OLMo: layer norms without weights; queries, keys and values may be clamped. (Groeneveld et al., 2024)</summary>
internal static class Olmo
{
    public static Architecture Family { get; } = new("olmo", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        float? clamp = r.Positive("attention.clamp_kqv");
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(r.BareLayerNorm(), layer.Attention(Clamped(layer.Facts, clamp) with { Rope = rope })),
                new Residual(r.BareLayerNorm(), layer.GatedFeedForward(Activation.Silu)),
            ],
            new Exit(r.BareLayerNorm(), r.Head()));
    }

    private static AttentionFacts Clamped(AttentionFacts facts, float? clamp) => facts with
    {
        Projected = clamp is { } limit
            ? new ClampedRow(checked((facts.Heads + facts.KvHeads) * facts.KeySize + facts.KvHeads * facts.ValueSize), limit) : null,
    };
}
