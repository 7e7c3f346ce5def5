using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Mellum: normed heads, experts; three of four layers see a window and their positions are not stretched. (JetBrains,
/// 2025)</summary>
internal static class Mellum
{
    public static Architecture Family { get; } = new("mellum", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves), near = r.Rope(RopePairing.Halves, scaled: false);
        SlidingWindow window = r.SlidingWindow(4);
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, window.Covers(layer.Index) ? near : rope) with { Sees = window.Sees(layer.Index) }),
            layer => layer.GatedExperts(layer.Routing, Activation.Silu, layer.ExpertSizeOrShare()));
    }
}
