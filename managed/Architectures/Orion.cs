using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Orion: Llama's shape with layer norms. (Chen et al., 2024)</summary>
internal static class Orion
{
    public static Architecture Family { get; } = new("orion", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Decoder(layer => layer.Facts with { Rope = rope }, layerNorms: true);
    }
}
