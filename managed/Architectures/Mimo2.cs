using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>MiMo 2: windows with sinks of their heads, keys and values of different sizes, attention's result scaled, sigmoid experts with
/// a bias of the choice; layers without a router are dense. (Xiaomi, 2026)</summary>
internal static class Mimo2
{
    public static Architecture Family { get; } = new("mimo2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        RopeTable near = r.WindowRope();
        SlidingWindow window = r.SlidingWindow(1);
        float scale = r.Positive("attention.value_scale") ?? 1f;
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with
                {
                    Rope = window.Covers(layer.Index) ? near : rope,
                    Sees = window.Sees(layer.Index),
                    Sinks = layer.Tensors.OptionalValues(layer.Name("attn_sinks.weight"), layer.Heads),
                }), scale: scale),
                new Residual(layer.RmsNorm("ffn_norm"), FeedForward(r, layer)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static Branch FeedForward(ModelReader r, LayerReader layer) => layer.Contains("ffn_gate_inp.weight")
        ? layer.GatedExperts(layer.Routing with { Score = RouterScore.Sigmoid, SelectionBias = layer.SelectionBias(r.ExpertCount) },
            Activation.Silu, layer.ExpertSize())
        : layer.GatedFeedForward(Activation.Silu);
}
