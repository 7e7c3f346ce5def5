using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Chameleon, which reads text and images as tokens and writes text: layer norms of queries and keys, each head with its own; in the
/// 34B norms behind the branches, not before. (Chameleon Team, 2024)</summary>
internal static class Chameleon
{
    // Tokens of images: the model must not write them.
    private const int FirstImageToken = 4;
    private const int EndOfImageTokens = 8196;

    // Not in the files.
    private const float HeadEpsilon = 1e-5f;

    public static Architecture Family { get; } = new("chameleon", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        bool behind = r.Flag("swin_norm");
        return r.Network(
            r.Tokens(),
            layer =>
            [
                Residual(behind, layer.RmsNorm("attn_norm"), layer.Attention(Facts(layer, rope))),
                Residual(behind, layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
            ],
            new SilencingExit(r.RmsNorm("output_norm"), r.Head(), FirstImageToken, EndOfImageTokens));
    }

    private static Residual Residual(bool behind, Norm norm, Branch branch) => behind ? new(null, branch, norm) : new(norm, branch);

    private static AttentionFacts Facts(LayerReader layer, RopeTable rope) => layer.Facts with
    {
        Rope = rope,
        QueryNorm = layer.OptionalHeadLayerNorms("attn_q_norm", layer.Heads, HeadEpsilon),
        KeyNorm = layer.OptionalHeadLayerNorms("attn_k_norm", layer.KvHeads, HeadEpsilon),
    };
}
