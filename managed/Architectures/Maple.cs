using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Maple: normed heads, experts with limits; layers that see a window turn heads, the others do not.</summary>
internal static class Maple
{
    public static Architecture Family { get; } = new("maple", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable near = r.Rope(RopePairing.Halves, r.Int("rope.dimension_count_swa", 0), r.WindowRopeBase);
        SlidingWindow window = r.SlidingWindow(1);
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, near) with
            {
                Rope = window.Covers(layer.Index) ? near : null,
                Sees = window.Sees(layer.Index),
            }),
            layer => layer.GatedExperts(layer.Routing, layer.LimitedSwiglu("swiglu_clamp_exp"), layer.ExpertSize()));
    }
}
