using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>ChatGLM 2 to 4, first generation: half of each head turns, gate and up matrix are one. (GLM Team, 2024)</summary>
internal static class ChatGlm
{
    public static Architecture Family { get; } = new("chatglm", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Decoder(layer => layer.Facts with { Rope = rope }, layer => layer.FusedFeedForward(Activation.Silu));
    }
}
