using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>SmallThinker: experts with ReLU are chosen by what the layer gets, before attention; three of four layers see a window and turn
/// heads, the others do not. (Song et al., 2025)</summary>
internal static class SmallThinker
{
    // What the model was trained with, whatever the file says.
    private const int Window = 4096, StillEvery = 4;

    public static Architecture Family { get; } = new("smallthinker", Build);

    private static Network Build(ModelReader r)
    {
        bool windowed = r.Int("attention.sliding_window", 0) > 0;
        RopeTable rope = r.Rope(RopePairing.Halves);
        RopeTable near = r.Rope(RopePairing.Halves, frequencyBase: r.WindowRopeBase);
        SlidingWindow window = r.SlidingWindow(4, farFirst: true);
        return r.Network(
            r.Tokens(),
            layer =>
            {
                Router router = layer.Router(layer.Routing with { Score = r.RouterScore() });
                bool isNear = window.Covers(layer.Index), turns = !windowed || layer.Index % StillEvery != 0;
                AttentionFacts facts = layer.Facts with
                {
                    Rope = !turns ? null : isNear ? near : rope,
                    Sees = isNear ? Visibility.Window(Window) : Visibility.Causal,
                };
                return
                [
                    new RoutedAhead(
                        router, null,
                        new Residual(layer.RmsNorm("attn_norm"), layer.Attention(facts)),
                        new Residual(layer.RmsNorm("ffn_norm"), layer.Experts(router, Activation.Relu, layer.ExpertSize(), routed: true))),
                ];
            },
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }
}
