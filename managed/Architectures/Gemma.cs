using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Gemma: embeddings times the root of their width, networks gated by GELU. (Gemma Team, 2024)</summary>
internal static class Gemma
{
    public static Architecture Family { get; } = new("gemma", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope }),
            layer => layer.GatedFeedForward(Activation.GeluTanh),
            embeddingScale: MathF.Sqrt(r.Hidden));
    }
}
