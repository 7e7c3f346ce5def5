using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>InternLM 2: Llama's shape. (Cai et al., 2024)</summary>
internal static class InternLm2
{
    public static Architecture Family { get; } = new("internlm2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Decoder(layer => layer.Facts with { Rope = rope });
    }
}
