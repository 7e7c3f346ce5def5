using Realm.Blocks;
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
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                new Residual(layer.RmsNorm("post_attention_norm"), layer.GatedFeedForward(Activation.Silu)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }
}
