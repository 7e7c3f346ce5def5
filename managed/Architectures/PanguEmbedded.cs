using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Pangu Embedded: Llama's shape with biases of attention. (Chen et al., 2025)</summary>
internal static class PanguEmbedded
{
    public static Architecture Family { get; } = new("pangu-embedded", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Decoder(layer => layer.Facts with { Rope = rope });
    }
}
