using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>CogVLM, its language model: text goes through its own matrices, the vision experts' (<c>vis_*</c>) stay unused. Queries, keys
/// and values have a third each of the fused matrix, whatever the number of heads. (Wang et al., 2023)</summary>
internal static class CogVlm
{
    public static Architecture Family { get; } = new("cogvlm", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, r.KeySize, frequencyBase: 10000, scaled: false);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), Attention(layer, rope)),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static Attention Attention(LayerReader layer, RopeTable rope)
    {
        AttentionFacts facts = layer.Facts;
        const string Key = "attention.head_count";
        int third = layer.Model.Width(facts.Heads, facts.KeySize, Key), all = layer.Model.Width(third, 3, Key);
        AttentionLayout layout = new(0, facts.KeySize, third, facts.KeySize, 2 * third, facts.ValueSize);
        return layer.Attention(facts with { Rope = rope, Layout = layout }, [layer.Linear("attn_qkv", all, layer.Model.Hidden)]);
    }
}
