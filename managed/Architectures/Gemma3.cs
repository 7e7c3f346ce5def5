using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Gemma 3: five layers of six look through a window and turn by a base of their own; queries and keys are normed, head by head;
/// no caps. (Gemma Team, 2025)</summary>
internal static class Gemma3
{
    public static Architecture Family { get; } = new("gemma3", Build);

    private const int LayersOf27B = 62;

    private static Network Build(ModelReader r)
    {
        SlidingWindow window = r.SlidingWindow(every: 6);
        RopeTable far = r.Rope(RopePairing.Halves);
        RopeTable near = r.WindowRope();
        return Gemma2.Network(
            r,
            r.Positive("final_logit_softcapping"),
            layer => Qwen3.Facts(layer, window.Covers(layer.Index) ? near : far) with
            {
                Sees = window.Sees(layer.Index),
                Scale = Gemma2.Scale(r, LayersOf27B),
            });
    }
}
