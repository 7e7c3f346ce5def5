using Realm.Passes;

namespace Realm.Architectures;

/// <summary>GPT-2: learned positions, layer norms, biases, GELU. (Radford et al., 2019)</summary>
internal static class Gpt2
{
    public static Architecture Family { get; } = new("gpt2", Build);

    private static Network Build(ModelReader r) => Network(r);

    /// <summary>Its network, which others took as it is.</summary>
    public static Network Network(ModelReader r) => r.Decoder(
        layer => layer.Facts,
        layer => layer.PlainFeedForward(Activation.GeluTanh),
        layerNorms: true,
        first: r.LearnedPositions());
}
