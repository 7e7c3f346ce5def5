using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Nemotron 4 and Minitron: layer norms, part of each head turns, a squared ReLU and no gate. (Parmar et al., 2024)</summary>
internal static class Nemotron
{
    public static Architecture Family { get; } = new("nemotron", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Decoder(
            layer => layer.Facts with { Rope = rope },
            layer => layer.PlainFeedForward(Activation.ReluSquared),
            layerNorms: true);
    }
}
