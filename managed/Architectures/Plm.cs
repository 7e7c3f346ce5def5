using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>PLM: latent attention and a squared ReLU without a gate. (Deng et al., 2025)</summary>
internal static class Plm
{
    public static Architecture Family { get; } = new("plm", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Transformer(
            layer => layer.LatentAttention(layer.LatentShape, layer.LatentFacts(layer.LatentShape) with { Rope = rope }),
            layer => layer.PlainFeedForward(Activation.ReluSquared));
    }
}
