using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>ModernBERT: an encoder with norms before each branch but the first; of three layers one sees the whole text, the others a
/// window to both sides, and turn by a base of their own; networks gated by GELU. (Warner et al., 2024)</summary>
internal static class ModernBert
{
    public static Architecture Family { get; } = new("modern-bert", Build);

    private static Network Build(ModelReader r)
    {
        r.ReadWholeTexts();
        SlidingWindow window = r.SlidingWindow(every: 3, farFirst: true, symmetric: true);
        RopeTable far = r.Rope(RopePairing.Halves);
        RopeTable near = r.WindowRope(r.WindowRopeBase);
        Activation activation = r.Text("hidden_activation") switch
        {
            "silu" or "swish" or "swiglu" => Activation.Silu,
            "relu" or "reglu" => Activation.Relu,
            _ => Activation.GeluErf,
        };
        return r.Network(
            r.Tokens(),
            layer =>
            [
                .. layer.Index == 0 ? [new StreamNorm(r.LayerNorm("token_embd_norm"))] : (Block[])[],
                new Residual(FirstNorm(layer), layer.Attention(layer.Facts with
                {
                    Rope = window.Covers(layer.Index) ? near : far,
                    Sees = window.Sees(layer.Index),
                })),
                new Residual(layer.LayerNorm("ffn_norm"), layer.FusedFeedForward(activation)),
            ],
            new Exit(r.LayerNorm("output_norm"), null, width: r.Hidden),
            summary: r.Summary(Pooling.Mean, Activation.GeluErf));
    }

    private static Norm? FirstNorm(LayerReader layer) =>
        layer.Index > 0 || layer.Contains("attn_norm.weight") ? layer.LayerNorm("attn_norm") : null;
}
