using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>EmbeddingGemma: Gemma 3 made an encoder; windows go to both sides; an embedding may go through two projections.
/// (Schechter Vera et al., 2025)</summary>
internal static class GemmaEmbedding
{
    public static Architecture Family { get; } = new("gemma-embedding", Build);

    private static Network Build(ModelReader r)
    {
        r.ReadWholeTexts();
        SlidingWindow window = r.SlidingWindow(every: 6, symmetric: true);
        RopeTable far = r.Rope(RopePairing.Halves);
        RopeTable near = r.WindowRope(r.WindowRopeBase);
        return r.Network(
            r.Tokens(scale: MathF.Sqrt(r.Hidden)),
            layer => Gemma2.Layer(layer, Qwen3.Facts(layer, window.Covers(layer.Index) ? near : far) with
            {
                Sees = window.Sees(layer.Index),
            }),
            new Exit(r.RmsNorm("output_norm"), null, width: r.Hidden));
    }
}
