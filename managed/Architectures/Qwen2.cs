using Realm.Blocks;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen 2 and 2.5: biases on queries, keys and values. (Yang et al., 2024)</summary>
internal static class Qwen2
{
    public static Architecture Family { get; } = new("qwen2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }
}
