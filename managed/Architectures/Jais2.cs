using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Jais 2: layer norms, a squared ReLU and no gate. (Inception, 2025)</summary>
internal static class Jais2
{
    public static Architecture Family { get; } = new("jais2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Decoder(
            layer => layer.Facts with { Rope = rope },
            layer => layer.PlainFeedForward(Activation.ReluSquared),
            layerNorms: true);
    }
}
