using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>MiniMax-01: lightning attention, and softmax attention in every eighth layer; what is added to is the normed stream. (MiniMax, 2025)</summary>
internal static class MiniMax01
{
    public static Architecture Family { get; } = new("minimax-01", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        float scale = (float)r.Number("residual_scale", 1);
        bool[] recurrent = r.RecurrentLayers(interval: 8);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new NormedResidual(layer.RmsNorm("attn_norm"),
                    recurrent[layer.Index] ? Lightning(r, layer) : layer.Attention(layer.Facts with { Rope = rope }), scale),
                new NormedResidual(layer.RmsNorm("ffn_norm"), layer.GatedExperts(
                    layer.Routing with { SelectionBias = layer.SelectionBias(r.ExpertCount) }, Activation.Silu), scale),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static LightningAttention Lightning(ModelReader r, LayerReader layer)
    {
        int heads = layer.Heads, size = r.KeySize, width = r.Width(heads, size, "attention.head_count");
        return new LightningAttention(layer.Linear("attn_qkv", r.Width(3, width, "attention.head_count"), r.Hidden), layer.Linear("attn_gate", width, r.Hidden),
            layer.RmsNorm("attn_norm_2", width), Decays(heads, layer.Index, r.Layers), size, layer.Linear("attn_output", r.Hidden, width),
            layer.FixedState(LightningAttention.StateFloats(heads, size), "attention.key_length"));
    }

    // ALiBi's slopes for the heads, less in later layers. (Qin et al., 2024, section 3)
    private static float[] Decays(int heads, int layer, int layers)
    {
        double first = Math.Pow(2, -Math.Pow(2, -(Math.Log2(heads) - 3))), share = 1 - (layers > 1 ? (double)layer / (layers - 1) : 0) + 1e-5;
        float[] decays = new float[heads];
        for (int head = 0; head < heads; head++)
            decays[head] = (float)Math.Exp(-first * Math.Pow(first, head) * share);
        return decays;
    }
}
