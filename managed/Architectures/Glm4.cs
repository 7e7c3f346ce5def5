using Realm.Blocks;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>GLM 4, 2025: half of each head turns, norms before and behind each branch, gate and up matrix are one. Files with positions
/// of several dimensions turn by halves. (GLM Team, 2025)</summary>
internal static class Glm4
{
    public static Architecture Family { get; } = new("glm4", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.HasRopeSections ? r.MultiRope(interleaved: false) : r.Rope(RopePairing.Neighbours);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope }), layer.RmsNorm("post_attention_norm")),
                new Residual(layer.RmsNorm("ffn_norm"), layer.FusedFeedForward(Activation.Silu), layer.RmsNorm("post_ffw_norm")),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }
}
