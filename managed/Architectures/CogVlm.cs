using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>CogVLM, its language model: text goes through its own matrices, the vision experts' (<c>vis_*</c>) stay unused. Keys and
/// values begin where one and two times the hidden size are past in the fused matrix. (Wang et al., 2023)</summary>
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
        int hidden = layer.Model.Hidden, all = layer.Model.Width(layer.Model.Width(facts.Heads, facts.KeySize, Key), 3, Key);
        int[] parts = [checked(facts.Heads * facts.KeySize), checked(facts.KvHeads * facts.KeySize), checked(facts.KvHeads * facts.ValueSize)];
        if (checked(2 * hidden + parts[2]) > all)
            throw layer.Model.Bad(Key, $"values begin at {checked(2 * hidden)} and are {parts[2]} of {all} outputs");
        return layer.Attention(facts with { Rope = rope }, [.. parts.Select((part, i) => layer.Slice("attn_qkv", checked(i * hidden), part, all, hidden))]);
    }
}
