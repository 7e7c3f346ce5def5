using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Muse Glimmer: a gate on the heads' results, norms before and behind each branch and of queries and keys; three layers of four
/// look through a window and turn, the fourth sees all and does not turn. (Meta, 2026)</summary>
internal static class MuseGlimmer
{
    public static Architecture Family { get; } = new("muse-glimmer", Build);

    // Epsilon of the norms behind branches; the file has only that of the others.
    private const float AfterEpsilon = 1e-8f;

    private static Network Build(ModelReader r)
    {
        SlidingWindow window = r.SlidingWindow(every: 4);
        RopeTable rope = r.WindowRope(r.WindowRopeBase, pairing: RopePairing.Neighbours);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                .. layer.Index == 0 ? (Block[])[new StreamNorm(r.BareRmsNorm())] : [],
                new Residual(
                    layer.RmsNorm("attn_norm"),
                    layer.GatedAttention(Facts(layer, rope, window), perHead: false),
                    After(layer, "post_attention_norm")),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu), After(layer, "post_ffw_norm")),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head(), r.Positive("logit_scale") ?? 1f, Cap(r)));
    }

    private static float? Cap(ModelReader r) => r.Contains("final_logit_softcapping") ? r.Positive("final_logit_softcapping") : 30f;

    private static AttentionFacts Facts(LayerReader layer, RopeTable rope, SlidingWindow window) => Qwen3.Facts(layer, rope) with
    {
        Rope = window.Covers(layer.Index) ? rope : null,
        Sees = window.Sees(layer.Index),
    };

    private static unsafe RmsRowNorm After(LayerReader layer, string name) =>
        new(layer.Model.Hidden, layer.Tensors.Vector(layer.Name(name + ".weight"), layer.Model.Hidden), AfterEpsilon);
}
