using Realm.Blocks;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen: Llama's shape with one matrix of queries, keys and values, of three times the hidden size; its key of the network's
/// width counts gate and up matrix together. (Bai et al., 2023)</summary>
internal static class Qwen
{
    public static Architecture Family { get; } = new("qwen", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope }, Projections(layer))),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu, Math.Max(1, layer.FeedForwardSize / 2))),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static Linear[] Projections(LayerReader layer) =>
        [layer.Linear("attn_qkv", layer.Model.Width(3, layer.Model.Hidden, "embedding_length"), layer.Model.Hidden)];
}
