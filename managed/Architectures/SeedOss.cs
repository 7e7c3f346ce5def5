using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Seed-OSS: Llama's shape with biases, turned by halves. (ByteDance Seed Team, 2025)</summary>
internal static class SeedOss
{
    public static Architecture Family { get; } = new("seed_oss", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope }),
            layer => layer.GatedFeedForward(Activation.Silu),
            secondNorm: "post_attention_norm");
    }
}
