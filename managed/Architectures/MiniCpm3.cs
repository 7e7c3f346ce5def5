using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>MiniCPM 3: latent attention, long and short factors of positions, MiniCPM's scales. (Hu et al., 2024)</summary>
internal static class MiniCpm3
{
    // Numbers of the model, which files do not hold.
    private const float EmbeddingScale = 12, DepthScale = 1.4f, BaseWidth = 256;

    public static Architecture Family { get; } = new("minicpm3", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, factors: r.RopeFactors);
        return r.Transformer(
            layer => layer.LatentAttention(layer.LatentShape, layer.LatentFacts(layer.LatentShape) with { Rope = rope }),
            layer => layer.GatedFeedForward(Activation.Silu),
            embeddingScale: EmbeddingScale, residualScale: DepthScale / MathF.Sqrt(r.Layers), logitScale: BaseWidth / r.Hidden);
    }
}
