using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Pocket TTS, its language model: layer norms, GELU. (Kyutai, 2026)</summary>
internal static class PocketTts
{
    public static Architecture Family { get; } = new("pockettts", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Decoder(layer => layer.Facts with { Rope = rope }, layer => layer.PlainFeedForward(Activation.GeluTanh), layerNorms: true);
    }
}
