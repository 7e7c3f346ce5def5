using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>AFM: Llama with a squared ReLU and no gate. (Arcee AI, 2025)</summary>
internal static class Arcee
{
    public static Architecture Family { get; } = new("arcee", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        return r.Decoder(layer => layer.Facts with { Rope = rope }, layer => layer.PlainFeedForward(Activation.ReluSquared));
    }
}
