using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Talkie: norms without weights, of the embedding too; queries and keys are normed after they turned, queries with a gain of
/// each head; each layer adds the normed embedding again, times a number of its own. (Radford et al., 2026)</summary>
internal static class Talkie
{
    public static Architecture Family { get; } = new("talkie", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        CarriedPart embedding = new(1, r.Hidden);
        return r.Network(
            r.WideTokens(2),
            layer =>
            [
                .. layer.Index == 0 ? (Block[])[new StreamNorm(r.BareRmsNorm()), embedding.Keep()] : [],
                new Residual(r.BareRmsNorm(), layer.Attention(Facts(layer, rope))),
                new Residual(r.BareRmsNorm(), layer.GatedFeedForward(Activation.Silu)),
                embedding.Add(layer.Tensors.Values(layer.Name("layer_output_scale.weight"), 1)[0]),
            ],
            new Exit(r.BareRmsNorm(), r.Head(), r.Positive("logit_scale") ?? throw r.Bad("logit_scale", "it is 0 or missing")));
    }

    private static AttentionFacts Facts(LayerReader layer, RopeTable rope)
    {
        Norm norm = layer.Model.BareRmsNorm(layer.Model.KeySize);
        float[] gains = layer.Tensors.Values(layer.Name("attn_q_norm.weight"), layer.Heads);
        return layer.Facts with
        {
            Rope = rope,
            NormsAfterTurn = true,
            QueryNorm = new HeadNorm([.. gains.Select(gain => new ScaledNorm(norm, gain))]),
            KeyNorm = new HeadNorm(norm),
        };
    }
}
