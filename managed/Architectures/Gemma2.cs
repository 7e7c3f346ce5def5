using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Gemma 2: norms before and behind each branch, every other layer through a window, capped scores and logits. (Gemma Team,
/// 2024)</summary>
internal static class Gemma2
{
    public static Architecture Family { get; } = new("gemma2", Build);

    private const int LayersOf27B = 46;

    private static Network Build(ModelReader r)
    {
        SlidingWindow window = r.SlidingWindow(every: 2, size: 4096);
        RopeTable far = r.Rope(RopePairing.Halves), near = r.Contains("rope.freq_base_swa")
            ? r.Rope(RopePairing.Halves, frequencyBase: r.Number("rope.freq_base_swa", 0)) : far;
        float? scoreCap = Cap(r, "attn_logit_softcapping", 50);
        return Network(r, Cap(r, "final_logit_softcapping", 30), layer => layer.Facts with
        {
            Rope = window.Covers(layer.Index) ? near : far,
            Sees = window.Sees(layer.Index),
            Scale = Scale(r, LayersOf27B),
            Score = scoreCap is { } cap ? ScoreRule.Cap(cap) : null,
        });
    }

    /// <summary>The network of Gemma 2 and 3, with this attention.</summary>
    public static Network Network(ModelReader r, float? cap, Func<LayerReader, AttentionFacts> attention) => r.Network(
        r.Tokens(scale: MathF.Sqrt(r.Hidden)),
        layer => Layer(layer, attention(layer)),
        new Exit(r.RmsNorm("output_norm"), r.Head(), cap: cap));

    /// <summary>A layer with this attention.</summary>
    public static Block[] Layer(LayerReader layer, AttentionFacts attention) =>
    [
        new Residual(layer.RmsNorm("attn_norm"), layer.Attention(attention), layer.RmsNorm("post_attention_norm")),
        new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.GeluTanh), layer.RmsNorm("post_ffw_norm")),
    ];

    /// <summary>The scale of scores: by the size of a head; in the 27B, told by its layers, by each head's part of the hidden
    /// size.</summary>
    public static float Scale(ModelReader r, int layersOf27B)
    {
        int size = r.Layers == layersOf27B && r.Heads[0] > 0 ? r.Hidden / r.Heads[0] : r.KeySize;
        return 1f / MathF.Sqrt(Math.Max(1, size));
    }

    /// <summary>A cap; where the file says nothing, the family's.</summary>
    public static float? Cap(ModelReader r, string key, float otherwise) => r.Contains(key) ? r.Positive(key) : otherwise;
}
