using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>StarCoder 2: layer norms, turned queries and keys, biases, GELU. (Lozhkov et al., 2024)</summary>
internal static class StarCoder2
{
    public static Architecture Family { get; } = new("starcoder2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Decoder(layer => layer.Facts with { Rope = rope }, layer => layer.PlainFeedForward(Activation.GeluTanh), layerNorms: true);
    }
}
